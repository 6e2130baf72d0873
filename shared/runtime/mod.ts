/** What every program needs and no program owns: time, background work, outcomes, logs, configuration. */
export {
  addressForm,
  formatAddress,
  isLoopback,
  isLoopbackHost,
  parseAddress,
  reachable,
  type SocketAddress,
} from "./address.ts";
export { Backoff, type BackoffOptions } from "./backoff.ts";
export { buildStamp } from "./build_stamp.ts";
export type { BuildVersion } from "./build_version.ts";
export { type CertificateFiles, certificateFiles, type FileAccess } from "./certificate_files.ts";
export {
  type Certificate,
  type CertificateEvents,
  type CertificatePair,
  type CertificateSource,
  inspectCertificate,
  sha256OfPem,
} from "./certificates.ts";
export { type Clock, sleep, systemClock, type Timer } from "./clock.ts";
export { type Command, parseCommand, usageText } from "./command_line.ts";
export { type ConfigDefinition, defineConfig } from "./config_definition.ts";
export type { EnvironmentVariable } from "./config_environment.ts";
export { type ConfigSources, loadConfig, type LoadedConfig } from "./config_file.ts";
export type { KeyFault } from "./config_issues.ts";
export { keysOf } from "./config_keys.ts";
export {
  authorityFile,
  certificatePairFaults,
  certificatePairFiles,
  type CertificatePaths,
  fileFaults,
  type NamedFile,
  secretFile,
} from "./config_named_files.ts";
export { type Origin, originText } from "./config_place.ts";
export { configReport } from "./config_report.ts";
export { hideSecrets } from "./config_secrets.ts";
export { section } from "./config_section.ts";
export type { ConfigFile } from "./config_tree.ts";
export { bytes, milliseconds, seconds } from "./config_units.ts";
export { integer, isHttpOrigin, listOf, mapOf, oneOf, text, yesNo } from "./config_values.ts";
export { endProcess } from "./end_process.ts";
export { greet, listeningText } from "./greeting.ts";
export { healthUrl } from "./health_check.ts";
export { LimitedLog } from "./limited_log.ts";
export {
  type Log,
  LOG_LEVELS,
  type LogFields,
  type LogLevel,
  type LogOptions,
  openLog,
} from "./log.ts";
export { messageOf } from "./message_of.ts";
export { fieldText, namespaceText, shownName, trackText, wholeNamespaceText } from "./name_text.ts";
export { done, type Outcome, type Refused, refused } from "./outcome.ts";
export { printable } from "./printable.ts";
export { type Output, output, type Process, stopSignal } from "./process.ts";
export { complain, type ConfigAccess, type Program, runProgram } from "./program.ts";
export { programSettings } from "./program_settings.ts";
export { StartError } from "./start_error.ts";
export { suggest } from "./suggest.ts";
export { type FailureHandler, TaskGroup } from "./tasks.ts";
export { TokenBucket } from "./token_bucket.ts";
export { formatTraceparent, parseTraceparent, type TraceParent } from "./traceparent.ts";
export {
  isExporting,
  noTracing,
  openTracing,
  type Span,
  type SpanAttributes,
  type SpanOptions,
  type Tracing,
} from "./tracing.ts";
