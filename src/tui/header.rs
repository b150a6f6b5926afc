//! What the engine is doing, in one line, and why nothing is written, in a banner.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::widgets::{bar, spread};
use super::{text, theme};
use crate::app::{State, seconds_left};
use crate::model::{CycleOutcome, EngineState};

/// What the engine is doing, in one line.
pub(super) fn summary(state: &State) -> Vec<Span<'static>> {
    let snapshot = &state.snapshot;
    if snapshot.profile.is_empty() {
        return vec![Span::styled(" … STARTING", theme::ACCENT)];
    }
    let (glyph, style) = theme::state(snapshot.state);
    let word = snapshot.state.word().to_uppercase();
    let mut spans = vec![Span::styled(
        format!(" {glyph} {word}"),
        theme::STRONG.patch(style),
    )];
    let mut say = |text: String| spans.push(Span::raw(format!("  {text}")));
    let running = snapshot.next_cycle.is_none() && runs(snapshot.state);
    if let Some(cycle) = snapshot.cycle {
        let last = if running { "" } else { "last " };
        say(format!("{last}cycle {cycle}"));
    }
    if running && snapshot.total > 0 {
        let share = snapshot.done as f64 / snapshot.total as f64;
        let percent = (share * 100.0).floor();
        say(format!(
            "{} {percent:.0}%  {} of {}",
            bar(share, 10),
            text::count(snapshot.done),
            text::count(snapshot.total)
        ));
        let rate: f64 = snapshot
            .entities
            .iter()
            .map(|row| row.rate_per_minute)
            .sum();
        if rate >= 1.0 {
            say(format!("{}/min", text::count(rate as u64)));
        }
        let left = snapshot.total.saturating_sub(snapshot.done);
        if let Some(seconds) = seconds_left(state, left, rate) {
            say(format!("~{} left", text::left(seconds)));
        }
    }
    if let Some(last) = snapshot.last.as_ref().filter(|_| !running) {
        say(format!(
            "{}, took {:.0}s",
            outcome(last.outcome),
            last.seconds
        ));
    }
    spans
}

fn outcome(outcome: CycleOutcome) -> &'static str {
    match outcome {
        CycleOutcome::Clean => "everything in step",
        CycleOutcome::Waiting => "some wait for you",
        CycleOutcome::Halted => "halted",
        CycleOutcome::Error => "not finished",
    }
}

/// Whether a cycle is under way in this state.
pub(super) fn runs(state: EngineState) -> bool {
    use EngineState as E;
    matches!(
        state,
        E::Pulling | E::Deciding | E::Writing | E::WaitingForQuota
    )
}

/// Draws the state line: what runs, and when the next cycle starts.
pub(super) fn status(state: &State, buf: &mut Buffer, area: Rect) {
    let next = state.snapshot.next_cycle.map(|at| {
        let seconds = (at - state.now).num_milliseconds().max(0) as u64;
        format!(
            "next cycle in {} ",
            text::countdown(seconds.div_ceil(1_000))
        )
    });
    let waiting = state.flight.commands.len();
    let right = match (waiting, next) {
        (0, Some(next)) => next,
        (0, None) => String::new(),
        (count, _) => format!("sending {count}… "),
    };
    spread(buf, area, &Line::from(summary(state)), &Line::from(right));
}

/// Why nothing is written, and what changes that.
pub(super) fn banner(state: &State, width: u16) -> Vec<Line<'static>> {
    /// A longer reason is cut: the help of the command line has all of it.
    const MOST: usize = 3;
    let snapshot = &state.snapshot;
    let reason = snapshot.reason.clone().unwrap_or_default();
    let (word, style, release) = match snapshot.state {
        _ if state.session.engine_gone => (
            "ENGINE ENDED",
            theme::BAD,
            "quit and start again; the store is whole",
        ),
        EngineState::Paused => ("PAUSED", theme::WARN, "p resumes"),
        EngineState::Halted if snapshot.plan.is_some() => {
            ("HALTED", theme::BAD, "a approves the plan")
        }
        EngineState::Halted => ("HALTED", theme::BAD, "r tries again once it is fixed"),
        EngineState::WaitingForQuota if !reason.is_empty() => ("WAITING", theme::WARN, ""),
        EngineState::Stopped if !snapshot.profile.is_empty() => ("STOPPED", theme::BAD, ""),
        _ => match &snapshot.attached_to {
            Some(holder) => {
                let text =
                    format!(" ATTACHED  the engine runs in {holder}; this console only steers it");
                return vec![Line::styled(
                    text::fit(&text, usize::from(width)),
                    theme::ACCENT,
                )];
            }
            None => return Vec::new(),
        },
    };
    let label = format!(" {word} ");
    let room = usize::from(width).saturating_sub(text::width(&label) + 2);
    let parts: Vec<&str> = [reason.as_str(), release]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let mut wrapped = text::wrap(&parts.join(": "), room);
    if wrapped.len() > MOST {
        wrapped.truncate(MOST - 1);
        wrapped.push(text::fit(&format!("… {release}"), room));
    }
    let lines = wrapped.into_iter().enumerate().map(|(at, text)| {
        let head = if at == 0 {
            label.clone()
        } else {
            " ".repeat(text::width(&label))
        };
        let head_style = if at == 0 {
            style.patch(theme::PLACE)
        } else {
            theme::PLAIN
        };
        Line::from(vec![
            Span::styled(head, head_style),
            Span::styled(format!(" {text}"), style),
        ])
    });
    lines.collect()
}
