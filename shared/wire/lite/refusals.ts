import type { CodeTable, RequestErrorName } from "../moqt/model/codes.ts";

/**
 * The name for each code that a request is refused with: `more` for codes that this relay never sends,
 * then the first name that the table has a code for.
 */
export function refusalNames(
  codes: CodeTable<RequestErrorName>,
  more: Readonly<Record<number, RequestErrorName>>,
): (code: number) => RequestErrorName | "unknown" {
  const names = new Map<number, RequestErrorName>();
  for (const [code, name] of Object.entries(more)) names.set(Number(code), name);
  for (const [name, code] of Object.entries(codes)) {
    if (!names.has(code)) names.set(code, name as RequestErrorName);
  }
  return (code) => names.get(code) ?? "unknown";
}
