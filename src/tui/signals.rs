//! Signals from outside: end, hang-up, suspend.

use std::io;

/// Why the console is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// SIGTERM or SIGINT from outside.
    Asked,
    /// SIGHUP: the terminal is gone.
    HungUp,
}

/// Listens for signals.
pub struct Signals {
    #[cfg(unix)]
    end: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Starts to listen; must be called within a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            end: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next signal that asks the console to end.
    pub async fn ending(&mut self) -> Ending {
        tokio::select! {
            _ = self.hangup.recv() => Ending::HungUp,
            _ = self.end.recv() => Ending::Asked,
            _ = self.interrupt.recv() => Ending::Asked,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Starts to listen; must be called within a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// The next signal that asks the console to end.
    pub async fn ending(&mut self) -> Ending {
        let _ = tokio::signal::ctrl_c().await;
        Ending::Asked
    }
}

/// Puts a pipe that stays silent in the place of the lost terminal: the reader of a dead terminal would
/// otherwise spin on a whole core until the process ends (crossterm issue 793).
#[cfg(unix)]
pub fn silence_stdin() {
    if let Ok((reader, writer)) = rustix::pipe::pipe() {
        let _ = rustix::stdio::dup2_stdin(&reader);
        // Closing the writer would be the end of the file, which spins just the same.
        std::mem::forget(writer);
    }
}

/// Puts a pipe that stays silent in the place of the lost terminal.
#[cfg(not(unix))]
pub fn silence_stdin() {}

/// Stops this process until the shell continues it.
#[cfg(unix)]
pub fn stop_process() -> io::Result<()> {
    use rustix::process::{Signal, getpid, kill_process};
    kill_process(getpid(), Signal::TSTP)?;
    Ok(())
}

/// Stops this process until the shell continues it: not here.
#[cfg(not(unix))]
pub fn stop_process() -> io::Result<()> {
    Ok(())
}
