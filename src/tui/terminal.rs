//! The terminal: taken over whole, one write a frame, and always given back as it was.

use std::cell::Cell;
use std::io::{self, Stdout, Write};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};
use std::thread::ThreadId;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::shell;
use crate::app::State;

/// Room for a whole frame of a very large window.
const FRAME_BYTES: usize = 64 * 1024;
/// Longer copies are refused by many terminals.
const CLIPBOARD_BYTES: usize = 70_000;

/// Collects a frame's bytes and writes them at once, so that no half-drawn screen is ever shown.
struct Frames<W: Write> {
    bytes: Vec<u8>,
    out: W,
    held: Rc<Cell<bool>>,
}

impl<W: Write> Write for Frames<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Writes what was collected, but not in the middle of a frame.
    fn flush(&mut self) -> io::Result<()> {
        if self.held.get() {
            return Ok(());
        }
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        self.out.flush()
    }
}

/// Draws states as escape codes: a frame is one synchronized update in one write.
pub struct Painter<W: Write> {
    terminal: Terminal<CrosstermBackend<Frames<W>>>,
    held: Rc<Cell<bool>>,
}

impl<W: Write> Painter<W> {
    /// Draws on `out`; of the terminal's size, or of `fixed` columns and rows.
    pub fn new(out: W, fixed: Option<(u16, u16)>) -> io::Result<Self> {
        let held = Rc::new(Cell::new(false));
        let backend = CrosstermBackend::new(Frames {
            bytes: Vec::with_capacity(FRAME_BYTES),
            out,
            held: held.clone(),
        });
        let viewport = match fixed {
            Some((width, height)) => Viewport::Fixed(Rect::new(0, 0, width, height)),
            None => Viewport::Fullscreen,
        };
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
        Ok(Self { terminal, held })
    }

    /// Draws the state: what differs from the last frame.
    pub fn paint(&mut self, state: &State) -> io::Result<()> {
        self.held.set(true);
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal
            .draw(|frame| shell::draw(state, frame.buffer_mut()))?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.held.set(false);
        Write::flush(self.terminal.backend_mut())
    }

    fn send(&mut self, command: impl Command) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), command)?;
        Write::flush(self.terminal.backend_mut())
    }
}

/// Whether the terminal is ours now; makes giving it back idempotent.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours.
pub struct Screen {
    painter: Painter<Stdout>,
}

impl Screen {
    /// Takes the terminal.
    pub fn take() -> io::Result<Self> {
        enter()?;
        let painter = Painter::new(io::stdout(), None)?;
        Ok(Self { painter })
    }

    /// Draws the state.
    pub fn paint(&mut self, state: &State) -> io::Result<()> {
        self.painter.paint(state)
    }

    /// The next frame paints every cell.
    pub fn forget(&mut self) -> io::Result<()> {
        // Not `clear`: it asks the terminal for its cursor, and many answer late or never.
        let size = self.painter.terminal.size()?;
        self.painter
            .terminal
            .resize(Rect::from((Position::ORIGIN, size)))
    }

    /// Switches mouse reporting.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        if on {
            self.painter.send(EnableMouseCapture)
        } else {
            self.painter.send(DisableMouseCapture)
        }
    }

    /// Puts text on the clipboard of the terminal (OSC 52, works over ssh); too long a text is left alone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        if text.len() > CLIPBOARD_BYTES {
            return Ok(());
        }
        self.painter.send(CopyToClipboard::to_clipboard_from(text))
    }

    /// Rings the bell.
    pub fn bell(&mut self) -> io::Result<()> {
        self.painter.send(Print('\x07'))
    }

    /// The terminal's size in cells.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.painter.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Takes the terminal again after it was given back.
    pub fn retake(&mut self) -> io::Result<()> {
        enter()?;
        self.forget()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange,
        cursor::Hide
    )
}

/// Gives the terminal back as it was; does nothing when it is not ours. Errors are of no use: the terminal may be gone.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

/// Where the first panic of a background task happened while the terminal was ours.
static BACKGROUND: OnceLock<String> = OnceLock::new();

/// The place in the source (`file:line:column`) where a background task panicked while the console was shown.
pub fn background_panic() -> Option<&'static str> {
    BACKGROUND.get().map(String::as_str)
}

/// From now on a panic of this thread gives the terminal back before it is reported. A panic of another thread
/// (a task of the engine) is kept for [`background_panic`] instead of going over the screen, as long as the terminal
/// is ours.
pub fn guard_panics() {
    static GUARDED: Once = Once::new();
    let mine: ThreadId = std::thread::current().id();
    GUARDED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == mine {
                restore();
            }
            if TAKEN.load(Ordering::SeqCst) {
                // Only where it happened: a message may hold somebody's data.
                let at = info.location().map(ToString::to_string);
                drop(BACKGROUND.set(at.unwrap_or_default()));
            } else {
                before(info);
            }
        }));
    });
}
