const HIGHEST = 255;

/** A priority of moq-lite, where higher is sent first, in the model, where lower is; and back. */
export function turnPriority(priority: number): number {
  return HIGHEST - priority;
}
