//! Running other programs.

use std::process::{Command, Stdio};

use crate::Error;

/// Runs a program whose output the reader should see.
///
/// # Errors
/// If it cannot be started or reports failure.
pub fn run(command: &mut Command) -> Result<(), Error> {
    let status = command.status().map_err(|error| format!("cannot run {}: {error}", name_of(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed: {status}", name_of(command)).into()) }
}

/// Runs a program for what it prints.
///
/// # Errors
/// If it cannot be started, reports failure or prints anything but UTF-8.
pub fn output_of(command: &mut Command) -> Result<String, Error> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run {}: {error}", name_of(command)))?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", name_of(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Whether a program could be run and reported success; what it prints is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn name_of(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
