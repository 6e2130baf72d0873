import { glassToGlass } from "./glass_to_glass.ts";
import { mediaPlayers } from "./media_players.ts";

/** An encoder's stream over MoQ and over HLS, side by side. */
export async function benchMedia(
  { seconds }: { readonly seconds: number },
  print: (result: object) => void,
): Promise<void> {
  await glassToGlass(seconds, print);
  await mediaPlayers(seconds, print);
}
