/** The runtime of both programs: time, background tasks, outcomes, logs, configuration. */
export { acmeFaults, type AcmeSettings, acmeSettings } from "./acme_settings.ts";
export {
  addressForm,
  formatAddress,
  isLoopback,
  isLoopbackHost,
  parseAddress,
  reachable,
  type SocketAddress,
} from "./address.ts";
export { addressBytes, addressKey } from "./address_key.ts";
export { AddressLimit } from "./address_limit.ts";
export { isAssigned, withAssignedMark } from "./assigned_mark.ts";
export { Backoff } from "./backoff.ts";
export { buildStamp } from "./build_stamp.ts";
export type { BuildVersion } from "./build_version.ts";
export { certificateFiles, type FileAccess } from "./certificate_files.ts";
export {
  type Certificate,
  type CertificateEvents,
  type CertificatePair,
  type CertificateSource,
  inspectCertificate,
} from "./certificates.ts";
export { type Clock, sleep, systemClock, type Timer } from "./clock.ts";
export { parseCommand, usageText } from "./command_line.ts";
export { type ConfigDefinition, defineConfig, type NamedFile } from "./config_definition.ts";
export type { EnvironmentVariable } from "./config_environment.ts";
export { loadConfig, type LoadedConfig } from "./config_file.ts";
export type { KeyFault } from "./config_issues.ts";
export { fileName, keysOf } from "./config_keys.ts";
export {
  authorityFile,
  certificatePairFaults,
  certificatePairFiles,
  type CertificatePaths,
  secretFile,
} from "./config_named_files.ts";
export { originText } from "./config_place.ts";
export type { ConfigReload, LiveKeys } from "./config_reload.ts";
export { configReport } from "./config_report.ts";
export { section } from "./config_section.ts";
export { bytes, milliseconds, seconds } from "./config_units.ts";
export { integer, isHttpOrigin, listOf, mapOf, oneOf, text, yesNo } from "./config_values.ts";
export { endProcess } from "./end_process.ts";
export { openTracing } from "./exporting.ts";
export { greet, listeningText } from "./greeting.ts";
export { tokenEntry } from "./token_settings.ts";
export { askHealth, askOwn, healthUrl } from "./health_check.ts";
export { joinBytes } from "./join_bytes.ts";
export { LimitedLog } from "./limited_log.ts";
export { type Log, type LogFields, type LogLevel, openLog } from "./log.ts";
export { fetchFailure, messageOf } from "./message_of.ts";
export { fieldText, namespaceText, shownName, trackText, wholeNamespaceText } from "./name_text.ts";
export { done, type Outcome, refused } from "./outcome.ts";
export { printable } from "./printable.ts";
export { output, type Process, stopSignal } from "./process.ts";
export { complain, type ConfigAccess, runProgram, type TokenToExplain } from "./program.ts";
export { LIVE_LOG_KEYS, programSettings } from "./program_settings.ts";
export { StartError } from "./start_error.ts";
export { suggest } from "./suggest.ts";
export { ago, bitRate, type Column, many, short, tableText } from "./table.ts";
export { TaskGroup } from "./tasks.ts";
export { TokenBucket } from "./token_bucket.ts";
export { formatTraceparent, parseTraceparent } from "./traceparent.ts";
export { noTracing, type Span, type SpanOptions, type Tracing } from "./tracing.ts";
