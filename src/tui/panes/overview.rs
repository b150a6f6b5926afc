//! The Overview: entities, throughput, quotas, what needs the admin, events.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::progress;
use super::{Shape, shape};
use crate::app::{Level, News, NewsKind, State, needs};
use crate::model::{Quota, Side};
use crate::tui::widgets::{Panel, bar, chart, line, lines, spread};
use crate::tui::{text, theme};

/// From this share of our budget a gauge is shown as high, and as nearly used.
const HIGH: f64 = 0.7;
const NEARLY_USED: f64 = 0.9;

struct Areas {
    entities: Rect,
    throughput: Rect,
    quotas: Rect,
    needs: Rect,
    events: Rect,
}

/// Cuts `area` into a left and a right part.
fn columns(area: Rect, left_percent: u16) -> (Rect, Rect) {
    let width = (u32::from(area.width) * u32::from(left_percent) / 100) as u16;
    let left = Rect { width, ..area };
    let right = Rect {
        x: area.x + width,
        width: area.width - width,
        ..area
    };
    (left, right)
}

/// Cuts `height` rows off the top of `area`.
fn top(area: &mut Rect, height: u16) -> Rect {
    let height = height.min(area.height);
    let cut = Rect { height, ..*area };
    area.y += height;
    area.height -= height;
    cut
}

fn areas(state: &State, area: Rect) -> Areas {
    let mut rest = area;
    let quotas_height = state.snapshot.quotas.len().clamp(2, 8) as u16 + 2;
    let needs_height = needs(&state.snapshot).len().clamp(1, 4) as u16 + 2;
    let entities_height = progress::height(state, area.height);
    match shape(area) {
        // Where rows are few, what needs the admin goes before how fast it goes.
        Shape::Narrow if area.height < 18 => {
            let entities = top(&mut rest, entities_height);
            let needs_height = needs_height.min(rest.height.saturating_sub(3));
            let needs = top(&mut rest, needs_height);
            let (throughput, quotas) = (Rect::default(), Rect::default());
            Areas {
                entities,
                throughput,
                quotas,
                needs,
                events: rest,
            }
        }
        Shape::Narrow => {
            let entities = top(&mut rest, entities_height);
            let (throughput, quotas) = columns(top(&mut rest, quotas_height.min(6)), 37);
            let needs_height = needs_height.min(rest.height.saturating_sub(4)).max(3);
            let needs = top(&mut rest, needs_height);
            Areas {
                entities,
                throughput,
                quotas,
                needs,
                events: rest,
            }
        }
        Shape::Medium => {
            let entities = top(&mut rest, entities_height);
            let (throughput, quotas) = columns(top(&mut rest, quotas_height.max(9)), 50);
            let needs = top(&mut rest, needs_height);
            Areas {
                entities,
                throughput,
                quotas,
                needs,
                events: rest,
            }
        }
        Shape::Wide => {
            let entities = top(&mut rest, entities_height);
            let (throughput, quotas) = columns(top(&mut rest, 14), 50);
            let (needs, events) = columns(rest, 35);
            Areas {
                entities,
                throughput,
                quotas,
                needs,
                events,
            }
        }
    }
}

/// Where the entities are.
pub(super) fn list_area(state: &State, area: Rect) -> Rect {
    areas(state, area).entities
}

/// Draws the pane.
pub(super) fn draw(state: &State, buf: &mut Buffer, area: Rect) {
    let areas = areas(state, area);
    progress::draw(state, buf, areas.entities);
    throughput(state, buf, areas.throughput);
    quotas(state, buf, areas.quotas);
    needs_you(state, buf, areas.needs);
    events(state, buf, areas.events);
}

fn throughput(state: &State, buf: &mut Buffer, area: Rect) {
    let seconds = &state.snapshot.throughput;
    let minutes = (seconds.len() / 60).max(1);
    let inner = Panel::new("Throughput")
        .note(format!("last {minutes} min"))
        .draw(buf, area);
    if inner.height < 2 {
        return;
    }
    let plot = Rect {
        height: inner.height - 1,
        ..inner
    };
    let peak = chart(buf, plot, seconds, theme::ACCENT);
    let tail = &seconds[seconds.len().saturating_sub(5)..];
    let mean_of =
        |part: &[u32]| part.iter().map(|n| u64::from(*n)).sum::<u64>() / part.len().max(1) as u64;
    let (now, mean) = (mean_of(tail), mean_of(seconds));
    let foot = Rect {
        y: plot.bottom(),
        height: 1,
        ..inner
    };
    let figure = |name: &'static str, n: u64| {
        [
            Span::styled(name, theme::QUIET),
            Span::raw(format!(" {}  ", text::count(n))),
        ]
    };
    let mut spans = Vec::new();
    spans.extend(figure("now", now));
    if inner.width >= 40 {
        spans.extend(figure("mean", mean));
    }
    if inner.width >= 24 {
        spans.extend(figure("peak", u64::from(peak)));
    }
    let roomy = inner.width >= 30;
    let unit = Line::styled(if roomy { "records/s" } else { "rec/s" }, theme::QUIET);
    spread(buf, foot, &Line::from(spans), &unit);
}

fn quotas(state: &State, buf: &mut Buffer, area: Rect) {
    let inner = Panel::new("Quotas")
        .note("used of our share")
        .draw(buf, area);
    if state.snapshot.quotas.is_empty() {
        line(buf, inner, &Line::styled("not known yet", theme::QUIET));
        return;
    }
    let widest = state
        .snapshot
        .quotas
        .iter()
        .map(|quota| text::width(&quota_name(quota)))
        .max();
    let named = widest
        .unwrap_or(0)
        .min(usize::from(inner.width).saturating_sub(19));
    for (row, quota) in inner.rows().zip(&state.snapshot.quotas) {
        gauge(state, buf, row, quota, named);
    }
}

fn quota_name(quota: &Quota) -> String {
    let side = match quota.side {
        Side::Dynamics => "Dynamics",
        Side::Marketo => "Marketo",
    };
    format!("{side} {}", quota.name)
}

fn gauge(state: &State, buf: &mut Buffer, row: Rect, quota: &Quota, named: usize) {
    let budget = if quota.budget > 0 {
        quota.budget
    } else {
        quota.limit
    };
    let share = quota.used as f64 / budget.max(1) as f64;
    let (mark, style) = match share {
        share if share >= NEARLY_USED => ("!", theme::BAD),
        share if share >= HIGH => ("!", theme::WARN),
        _ => (" ", theme::GOOD),
    };
    let figures = format!("{}/{}", text::count(quota.used), text::count(budget));
    let resets = quota.resets.map_or_else(
        || "sliding     ".to_owned(),
        |at| {
            format!(
                "resets {}",
                at.with_timezone(&state.session.offset).format("%H:%M")
            )
        },
    );
    let tail = if row.width >= 62 {
        format!(" {mark} {figures:>11} {:>4.0}%  {resets}", share * 100.0)
    } else {
        format!(" {mark} {figures:>11}")
    };
    let width = usize::from(row.width).saturating_sub(named + 1 + text::width(&tail));
    let content = Line::from(vec![
        Span::raw(text::pad(&quota_name(quota), named + 1, false)),
        Span::styled(bar(share, width), style),
        Span::styled(tail, if mark == " " { theme::PLAIN } else { style }),
    ]);
    line(buf, row, &content);
}

fn needs_you(state: &State, buf: &mut Buffer, area: Rect) {
    let needs = needs(&state.snapshot);
    let inner = Panel::new("Needs you").draw(buf, area);
    if needs.is_empty() {
        line(
            buf,
            inner,
            &Line::from(Span::styled("✓ nothing waits for you", theme::GOOD)),
        );
    }
    for (row, need) in inner.rows().zip(needs) {
        let (mark, style) = match need.level {
            Level::Must => ("!!", theme::BAD),
            Level::Should => (" !", theme::WARN),
            Level::May => (" ·", theme::PLAIN),
        };
        let left = Line::from(Span::styled(format!("{mark} {}", need.text), style));
        let right = Line::from(Span::styled(need.key, theme::ACCENT.patch(theme::STRONG)));
        spread(buf, row, &left, &right);
    }
}

fn events(state: &State, buf: &mut Buffer, area: Rect) {
    let news = &state.news;
    let note = match (news.below(), news.skipped) {
        (0, 0) => "newest first".to_owned(),
        (0, skipped) => format!("{} not shown: too fast", text::count(skipped)),
        (below, _) => format!("{} newer, End follows", text::count(below)),
    };
    let inner = Panel::new("Events").note(note).draw(buf, area);
    let shown: Vec<Line> = news
        .view(usize::from(inner.height))
        .map(|news| event(state, news))
        .collect();
    if shown.is_empty() {
        line(
            buf,
            inner,
            &Line::styled("nothing happened yet", theme::QUIET),
        );
    }
    lines(buf, inner, shown);
}

fn event(state: &State, news: &News) -> Line<'static> {
    let (word, style) = match news.kind {
        NewsKind::Done => ("ok", theme::GOOD),
        NewsKind::Waiting => ("waiting", theme::WARN),
        NewsKind::Conflict => ("CONFLICT", theme::CONFLICT),
        NewsKind::Trouble => ("TROUBLE", theme::BAD),
    };
    let at = news
        .at
        .with_timezone(&state.session.offset)
        .format("%H:%M:%S");
    let entity = news
        .entity
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    Line::from(vec![
        Span::styled(format!("{at} "), theme::QUIET),
        Span::styled(format!("{word:<9}"), style),
        Span::raw(text::pad(&entity, 9, false)),
        Span::raw(news.text.clone()),
    ])
}
