// What the program says to the shell.

/// Exit codes, the same for every command.
enum ExitCode: Int32 {
  /// Done; for `plan`: every objective holds.
  case success = 0
  /// The work could not be done: a file could not be written, a disk is full.
  case runtimeError = 1
  /// The command line or the scenario is wrong; nothing was done.
  case badInput = 2
  /// An objective is missed.
  case objectiveMissed = 3
  /// The result does not decide: an interval contains its bound.
  case undecided = 4
  /// Ended by Ctrl-C; what was measured is kept and marked.
  case interrupted = 130
  /// Ended by SIGTERM; likewise.
  case terminated = 143
}
