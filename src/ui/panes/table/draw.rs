//! How a table looks: heads, the visible rows, the cursor, what was matched.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::layout::{self, Placed};
use super::{Align, RowSource, Scratch, TableView, Value};
use crate::model::{AlertsKnown, Kind, Known, Namespaces, Time, short_age};
use crate::store::{EnvStore, Store, UsageState};
use crate::ui::panes::alerts;
use crate::ui::panes::frame::{Freshness, frame};
use crate::ui::theme::{Glyph, Role, Theme};
use crate::ui::widgets::{Align as Side, Cut, pad, width};
use crate::ui::widgets::{put, spark};

/// Cells before the first column: the sign of how the row is, and a gap.
const SIGN: u16 = 2;

/// Draws the table into its pane.
pub fn draw(view: &TableView, store: &Store, now: Time, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let Some(env) = store.env(view.env) else { return };
    let fresh = match view.source {
        RowSource::Environments | RowSource::Evidence | RowSource::Forwards => Freshness::live(""),
        RowSource::Health => match crate::ui::panes::health::rows::asked(store, now) {
            (asked, all) if asked == all => Freshness::live("live"),
            (0, _) => Freshness::note("asking"),
            (asked, all) => Freshness::note(&format!("{asked} of {all} asked")),
        },
        RowSource::Alerts | RowSource::Silences => match env.alerts.known(now) {
            AlertsKnown::Off => Freshness::note("nobody tells"),
            AlertsKnown::Waiting => Freshness::waiting(),
            AlertsKnown::Yes => match env.alerts.heard() {
                Some(at) => Freshness::live(&format!("{} ago", short_age(at.age(now)))),
                None => Freshness::waiting(),
            },
            ref unknown => Freshness {
                text: alerts::unknown(unknown, now).unwrap_or_default(),
                role: Role::Stale,
            },
        },
        RowSource::Findings if !env.is_live(now) => Freshness::stale(env.heard(), now, "the server does not answer"),
        RowSource::Findings => Freshness::live("live"),
        RowSource::Kind(_) | RowSource::Containers(_) => {
            let complete = view.feeds(env).iter().all(|feed| feed.complete);
            Freshness::of_feed(view.state(env), complete, env, now)
        }
    };
    let inner = frame(&title(view, env), &fresh, focused, area, buf, theme);
    if inner.height == 0 {
        return;
    }
    let height = usize::from(inner.height.saturating_sub(1));
    let visible: Vec<_> = view
        .order()
        .iter()
        .skip(view.offset)
        .take(height)
        .filter_map(|uid| view.row(env, *uid, now).map(|row| (*uid, row)))
        .collect();
    let rows: Vec<_> = visible.iter().map(|(_, row)| *row).collect();
    let columns = layout::place(view, &rows, inner.width.saturating_sub(SIGN));
    heads(view, &columns, inner, buf, theme);
    if visible.is_empty() {
        put(buf, line(inner, 2), &empty(view, env, &fresh), theme.style(Role::Muted));
    }
    let mut scratch = Scratch::default();
    for (n, (uid, row)) in visible.iter().enumerate() {
        let area = line(inner, u16::try_from(n + 1).unwrap_or(u16::MAX));
        let selected = view.selected == Some(*uid);
        let marked = view.marks.contains(uid);
        let base = match (selected, marked) {
            (true, _) => Some(theme.style(Role::Selected)),
            (false, true) => Some(theme.style(Role::Marked)),
            (false, false) => None,
        };
        if let Some(style) = base {
            buf.set_style(area, style);
        }
        let sign = match (marked, row.health()) {
            (true, _) => theme.glyph(Glyph::Marked),
            (false, crate::model::Health::Bad) => theme.glyph(Glyph::Bad),
            (false, crate::model::Health::Warning) => theme.glyph(Glyph::Warning),
            _ => " ",
        };
        let sign_style = if marked {
            theme.style(Role::Marked)
        } else {
            theme.style(row.role())
        };
        put(
            buf,
            Rect {
                width: 1.min(area.width),
                ..area
            },
            sign,
            over(sign_style, base),
        );
        for column in &columns {
            let value = column.column.value(row);
            if let Value::Line(beats) = value {
                let cell = Rect {
                    x: area.x + SIGN + column.x,
                    width: column.width,
                    ..area
                };
                spark(beats, cell, buf, theme, |style| over(style, base));
                continue;
            }
            let text = value.display(now);
            let role = if row.health() == crate::model::Health::Done {
                Role::Done
            } else {
                column.column.role(row)
            };
            let style = over(theme.style(role), base);
            let cell = Rect {
                x: area.x + SIGN + column.x,
                width: column.width,
                ..area
            };
            let side = if column.column.align() == Align::Right {
                Side::Right
            } else {
                Side::Left
            };
            let name = column.column.name() == "NAME";
            let cut = if name || column.column.name() == "OBJECT" {
                Cut::Middle
            } else {
                Cut::End
            };
            let shown = pad(&text, usize::from(column.width), cut, side, theme.glyph(Glyph::Ellipsis));
            put(buf, cell, &shown, style);
            if name {
                for hit in view.parsed().highlight(&shown, &mut scratch) {
                    let cells = |text: Option<&str>| u16::try_from(width(text.unwrap_or_default())).unwrap_or(0);
                    let (x, w) = (cells(shown.get(..hit.start)), cells(shown.get(hit)));
                    buf.set_style(
                        Rect {
                            x: cell.x + x,
                            width: w.min(cell.width.saturating_sub(x)),
                            ..cell
                        },
                        theme.style(Role::Match),
                    );
                }
            }
        }
    }
}

/// Keeps the background of the cursor line under the colour of a cell.
fn over(style: Style, base: Option<Style>) -> Style {
    match base {
        Some(base) => {
            let mut style = style;
            style.bg = base.bg.or(style.bg);
            // Where the cursor is drawn in reverse (no colours), the cell must not undo it.
            style.add_modifier |= base.add_modifier;
            style
        }
        None => style,
    }
}

fn heads(view: &TableView, columns: &[Placed<'_>], inner: Rect, buf: &mut Buffer, theme: &Theme) {
    let sorting = view.sorting();
    for column in columns {
        let sorted = column.column.name() == sorting.column && !view.faults_first();
        let arrow = if sorting.descending {
            theme.glyph(Glyph::SortDown)
        } else {
            theme.glyph(Glyph::SortUp)
        };
        let name = if sorted {
            format!("{}{arrow}", column.column.name())
        } else {
            column.column.name().to_owned()
        };
        let side = if column.column.align() == Align::Right {
            Side::Right
        } else {
            Side::Left
        };
        let shown = pad(&name, usize::from(column.width), Cut::End, side, "");
        let style = theme.style(if sorted { Role::Accent } else { Role::Muted });
        put(
            buf,
            Rect {
                x: inner.x + SIGN + column.x,
                y: inner.y,
                width: column.width,
                height: 1,
            },
            &shown,
            style,
        );
    }
}

/// `pods · solia (5 of 38) /back of deployment/x`.
fn title(view: &TableView, env: &EnvStore) -> String {
    let mut title = match &view.source {
        RowSource::Kind(kind) => kind.resource().to_owned(),
        RowSource::Containers(pod) => format!("containers of {}", pod.name),
        RowSource::Environments => "environments".to_owned(),
        RowSource::Findings => "findings".to_owned(),
        RowSource::Evidence => "evidence".to_owned(),
        RowSource::Forwards => "forwards".to_owned(),
        RowSource::Health => "health · all environments".to_owned(),
        RowSource::Alerts => alerts::title(&env.alerts),
        RowSource::Silences => "silences".to_owned(),
    };
    if let RowSource::Kind(kind) = &view.source
        && env.namespaced(kind)
    {
        title.push_str(&match &view.namespaces {
            Namespaces::All => " · all namespaces".to_owned(),
            Namespaces::Some(names) => format!(" · {}", names.join(", ")),
        });
    }
    if let Some(narrow) = view.narrow.label() {
        title.push_str(&format!(" {narrow}"));
    }
    let (shown, total) = (view.order().len(), view.total());
    title.push_str(&if shown == total {
        format!(" ({total})")
    } else {
        format!(" ({shown} of {total})")
    });
    if view.faults_only {
        title.push_str(" faults only");
    }
    if !view.filter.is_empty() {
        title.push_str(&format!(" /{}", view.filter));
    }
    if !view.marks.is_empty() {
        let hidden = view.marks.iter().filter(|uid| !view.order().contains(uid)).count();
        title.push_str(&format!(" {} marked", view.marks.len()));
        if hidden > 0 {
            title.push_str(&format!(" ({hidden} hidden)"));
        }
    }
    if let Some(UsageState::Missing(_)) = view.metrics(env) {
        title.push_str(" · no metrics");
    }
    let unreadable: u32 = view.feeds(env).iter().map(|feed| feed.unreadable).sum();
    if unreadable > 0 {
        title.push_str(&format!(" · {unreadable} unreadable"));
    }
    title
}

/// What an empty table says: never just nothing.
fn empty(view: &TableView, env: &EnvStore, fresh: &Freshness) -> String {
    let is_feed = matches!(view.source, RowSource::Kind(_) | RowSource::Containers(_));
    let complete = !is_feed || view.feeds(env).iter().all(|feed| feed.complete) && !view.feeds(env).is_empty();
    match () {
        () if fresh.role == Role::Bad || fresh.role == Role::Stale => format!(" {}", fresh.text),
        () if !complete && view.kind().is_some() => " loading …".to_owned(),
        () if view.total() > 0 && view.faults_only => " nothing is wrong here (ctrl-z shows all)".to_owned(),
        () if view.total() > 0 => format!(" none of {} matches (esc clears the filter)", view.total()),
        () => {
            let what = match &view.source {
                RowSource::Kind(kind) => kind.resource().to_owned(),
                RowSource::Containers(_) => "containers: the pod is gone".to_owned(),
                RowSource::Environments => "environments".to_owned(),
                RowSource::Evidence => "evidence: nothing was kept yet".to_owned(),
                RowSource::Forwards => "forwards: shift-f on a pod, workload or service opens one".to_owned(),
                RowSource::Alerts if !env.alerts.is_expected() => {
                    "alerts: `prometheus` or `alertmanager` in the environment's section tells them".to_owned()
                }
                RowSource::Silences if env.alerts.tells_silences() => "silences: nothing is hidden".to_owned(),
                RowSource::Silences => "silences: no Alertmanager has told of any".to_owned(),
                RowSource::Alerts => "alerts: none fires, none is pending".to_owned(),
                RowSource::Health => "health probes: [[environment.probe]] in the configuration adds one".to_owned(),
                RowSource::Findings => "findings: nothing is wrong in what is watched".to_owned(),
            };
            let place = match (&view.source, &view.namespaces) {
                (RowSource::Kind(kind), Namespaces::Some(names)) if env.namespaced(kind) => {
                    format!(" in {} (0 shows all namespaces)", names.join(", "))
                }
                _ => String::new(),
            };
            format!(" no {what}{place}")
        }
    }
}

/// Whether rows of several namespaces can stand in this table, so that each must say its own.
pub(super) fn many_namespaces(view: &TableView) -> bool {
    match &view.source {
        RowSource::Kind(Kind::Known(Known::Node | Known::PersistentVolume | Known::Namespace)) => false,
        RowSource::Kind(_) => !matches!(&view.namespaces, Namespaces::Some(names) if names.len() == 1),
        RowSource::Containers(_)
        | RowSource::Environments
        | RowSource::Findings
        | RowSource::Evidence
        | RowSource::Forwards
        | RowSource::Health
        | RowSource::Alerts
        | RowSource::Silences => false,
    }
}

fn line(inner: Rect, n: u16) -> Rect {
    if n >= inner.height {
        return Rect { height: 0, ..inner };
    }
    Rect {
        y: inner.y + n,
        height: 1,
        ..inner
    }
}
