import * as z from "zod";

/** The answer of a controller to who asks for a client's relay. */
export const assignmentSchema = z.object({
  relay: z.string(),
  address: z.string(),
  /** The relay's CPU utilization, 0 to 1; controllers of before do not say it. */
  cpu: z.number().optional(),
});

/** The relay that a controller assigns to a client. */
export type Assignment = z.infer<typeof assignmentSchema>;
