// The version every report and `--version` name.

let programVersion = "0.1.0"
