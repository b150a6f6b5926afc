//! The loop: events in, effects out, a frame when something changed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use chrono::{DateTime, Local, Offset, Utc};
use crossterm::event::{Event as Raw, EventStream};
use futures_util::{StreamExt, poll};
use tokio::runtime::Handle;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::signals::{Ending, Signals, silence_stdin, stop_process};
use super::terminal::{Screen, guard_panics, restore};
use super::{TuiError, input};
use crate::app::{
    Backend, Effect, EngineFeed, Event, Exit, QuitMode, Runner, State, update, wakes_at,
};
use crate::clock::Clock;

/// News from the engine are drawn at most this often; keys are drawn at once.
const FRAME: Duration = Duration::from_millis(33);
/// Events taken in before a frame is drawn, so that a flood of keys cannot hold the screen back.
const DRAIN: usize = 64;
/// So many different keys at once, with no text field open, are an unmarked paste and not commands.
const BURST: usize = 8;

/// Runs the console on this thread until the admin leaves; the engine lives on `handle`'s runtime.
/// A panic in here gives the terminal back and comes out as [`TuiError::Panicked`].
pub fn run(
    feed: EngineFeed,
    backend: Arc<dyn Backend>,
    clock: Clock,
    handle: Handle,
) -> Result<Exit, TuiError> {
    guard_panics();
    let console = AssertUnwindSafe(|| {
        let runtime = handle.clone();
        runtime.block_on(async move { Console::open(feed, backend, clock, handle)?.drive().await })
    });
    let outcome = catch_unwind(console);
    restore();
    outcome.unwrap_or(Err(TuiError::Panicked))
}

/// Whether anything has to be painted, and how soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Paint {
    Nothing,
    Soon,
    Now,
}

struct Console {
    state: State,
    screen: Screen,
    input: EventStream,
    signals: Signals,
    feed: EngineFeed,
    runner: Runner,
    answers: mpsc::Receiver<Event>,
    clock: Clock,
    paint: Paint,
    painted: Instant,
    exit: Option<Exit>,
}

impl Console {
    fn open(
        feed: EngineFeed,
        backend: Arc<dyn Backend>,
        clock: Clock,
        handle: Handle,
    ) -> Result<Self, TuiError> {
        let signals = Signals::listen()?;
        let mut state = State::new(backend.user(), clock.now());
        state.session.offset = clock.now().with_timezone(&Local).offset().fix();
        let (runner, answers) = Runner::start(backend, handle);
        let screen = Screen::take()?;
        let (width, height) = screen.size()?;
        let mut console = Self {
            state,
            screen,
            input: EventStream::new(),
            signals,
            feed,
            runner,
            answers,
            clock,
            paint: Paint::Now,
            painted: Instant::now(),
            exit: None,
        };
        console.take(Event::Resize { width, height }, Paint::Now)?;
        let first = console.feed.snapshot.borrow_and_update().clone();
        console.take(Event::Engine(first), Paint::Now)?;
        Ok(console)
    }

    async fn drive(mut self) -> Result<Exit, TuiError> {
        let (mut engine, mut news) = (true, true);
        loop {
            if let Some(exit) = self.exit {
                return Ok(exit);
            }
            self.paint_if_due()?;
            let due = self.painted + FRAME;
            let wake = self.wake();
            tokio::select! { biased;
                ending = self.signals.ending() => self.end(ending),
                raw = self.input.next() => self.typed(raw).await?,
                answer = self.answers.recv() => {
                    if let Some(answer) = answer {
                        self.take(answer, Paint::Now)?;
                    }
                }
                changed = self.feed.snapshot.changed(), if engine => {
                    engine = changed.is_ok();
                    let event = if engine {
                        Event::Engine(self.feed.snapshot.borrow_and_update().clone())
                    } else {
                        Event::EngineGone
                    };
                    self.take(event, Paint::Soon)?;
                }
                line = self.feed.news.recv(), if news => match line {
                    Ok(line) => self.take(Event::News(line), Paint::Soon)?,
                    Err(RecvError::Lagged(count)) => self.take(Event::NewsSkipped(count), Paint::Soon)?,
                    Err(RecvError::Closed) => news = false,
                },
                () = sleep_until(due), if self.paint == Paint::Soon => self.paint = Paint::Now,
                () = sleep_until(wake.unwrap_or(due)), if wake.is_some() => {
                    self.paint = self.paint.max(Paint::Soon);
                    self.tick()?;
                }
            }
        }
    }

    /// When time alone changes what is shown.
    fn wake(&self) -> Option<Instant> {
        let at: DateTime<Utc> = wakes_at(&self.state)?;
        let wait = (at - self.clock.now()).to_std().unwrap_or_default();
        // A little later, so that the clock has certainly passed it.
        Some(Instant::now() + wait + Duration::from_millis(1))
    }

    fn tick(&mut self) -> Result<(), TuiError> {
        let now = Event::Time(self.clock.now());
        let effects = update(&mut self.state, now);
        self.perform(effects)
    }

    /// Hands an event to `update`, with the time it came.
    fn take(&mut self, event: Event, paint: Paint) -> Result<(), TuiError> {
        self.tick()?;
        let effects = update(&mut self.state, event);
        self.paint = self.paint.max(paint);
        self.perform(effects)
    }

    fn paint_if_due(&mut self) -> Result<(), TuiError> {
        let due = match self.paint {
            Paint::Nothing => false,
            Paint::Soon => self.painted.elapsed() >= FRAME,
            Paint::Now => true,
        };
        if due {
            self.screen.paint(&self.state)?;
            self.paint = Paint::Nothing;
            self.painted = Instant::now();
        }
        Ok(())
    }

    fn end(&mut self, ending: Ending) {
        let terminal_lost = ending == Ending::HungUp;
        if terminal_lost {
            silence_stdin();
        }
        self.exit = Some(Exit {
            mode: QuitMode::Stop,
            terminal_lost,
        });
    }

    /// Takes in what was typed, and whatever else is there already.
    async fn typed(&mut self, first: Option<std::io::Result<Raw>>) -> Result<(), TuiError> {
        let mut batch = Vec::new();
        let mut next = first;
        loop {
            let Some(Ok(raw)) = next else {
                self.end(Ending::HungUp);
                return Ok(());
            };
            batch.push(raw);
            if batch.len() == DRAIN {
                break;
            }
            // Polled with this task's own waker: the stream would forget any other.
            match poll!(self.input.next()) {
                Poll::Ready(more) => next = more,
                Poll::Pending => break,
            }
        }
        if !self.state.takes_text() && is_burst(&batch) {
            return self.take(Event::Burst, Paint::Now);
        }
        for raw in batch {
            let Some(event) = input::translate(&self.state, raw) else {
                continue;
            };
            self.take(event, Paint::Now)?;
            if self.exit.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Result<(), TuiError> {
        for effect in effects {
            match effect {
                Effect::Query(id, query) => self.runner.query(id, query),
                Effect::Send(id, command) => {
                    if let Some(refused) = self.runner.send(id, command) {
                        update(&mut self.state, refused);
                    }
                }
                Effect::Quit(mode) => {
                    let terminal_lost = false;
                    self.exit = Some(Exit {
                        mode,
                        terminal_lost,
                    });
                }
                Effect::Suspend => self.suspend()?,
                Effect::Redraw => self.screen.forget()?,
                Effect::Mouse(on) => self.screen.mouse(on)?,
                Effect::Copy(text) => self.screen.copy(&text)?,
                Effect::Bell => self.screen.bell()?,
            }
        }
        Ok(())
    }

    /// Gives the terminal back, stops until the shell continues us, and takes it again.
    fn suspend(&mut self) -> Result<(), TuiError> {
        restore();
        stop_process()?;
        self.screen.retake()?;
        if self.state.session.mouse {
            self.screen.mouse(true)?;
        }
        let (width, height) = self.screen.size()?;
        self.take(Event::Resize { width, height }, Paint::Now)
    }
}

/// Whether these keys are a paste the terminal did not mark: many printable ones at once, and not one held down.
fn is_burst(batch: &[Raw]) -> bool {
    let typed: Vec<char> = batch
        .iter()
        .filter_map(|raw| match raw {
            Raw::Key(key) => match key.code {
                crossterm::event::KeyCode::Char(character) => Some(character),
                _ => None,
            },
            _ => None,
        })
        .collect();
    typed.len() > BURST
        && typed
            .iter()
            .any(|character| Some(character) != typed.first())
}
