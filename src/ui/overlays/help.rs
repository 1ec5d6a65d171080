//! The keys of the view one is in, made from the command table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::boxed;
use crate::app::command::Group;
use crate::app::{App, COMMANDS, rights};
use crate::ui::Look;
use crate::ui::theme::Role;
use crate::ui::widgets::put;

/// One line of the help.
enum Line {
    Title(&'static str),
    Key {
        keys: String,
        name: &'static str,
        doc: &'static str,
        /// The right that it lacks for what is selected.
        lacks: Option<String>,
    },
    Text(&'static str),
    Blank,
}

fn lines(app: &App) -> Vec<Line> {
    let mut rows: Vec<_> = COMMANDS
        .iter()
        .filter(|row| row.place.covers(app.view()) && !row.name.starts_with("favourite-"))
        .collect();
    let order = |group: Group| (matches!(group, Group::General | Group::Environment | Group::Panes), group);
    rows.sort_by_key(|row| order(row.group));
    let mut lines = Vec::new();
    let mut group = None;
    for row in rows {
        if group != Some(row.group) {
            if group.is_some() {
                lines.push(Line::Blank);
            }
            lines.push(Line::Title(row.group.title()));
            group = Some(row.group);
        }
        lines.push(Line::Key {
            keys: app.keymap.labels(row).join(" "),
            name: row.name,
            doc: row.doc,
            lacks: rights::missing(app, row.command).map(|right| right.short()),
        });
        if row.name == "all-namespaces" {
            lines.push(Line::Key {
                keys: "1–9".into(),
                name: "favourite-N",
                doc: "A favourite namespace, or the N-th used last",
                lacks: None,
            });
        }
    }
    lines.push(Line::Blank);
    lines.push(Line::Title("The command line"));
    for text in [
        ":pods NAMESPACE   :dp /filter   :po @ENVIRONMENT   :svc app=backend   :certificates",
        ":ns one,two       :env prod     every command by its name     :! COMMAND of the shell",
        "All of this only guides: what you may do is decided by the cluster (RBAC) and the cloud (IAM).",
    ] {
        lines.push(Line::Text(text));
    }
    lines
}

/// The furthest that the help can be scrolled.
pub fn last_scroll(app: &App) -> u16 {
    u16::try_from(lines(app).len())
        .unwrap_or(u16::MAX)
        .saturating_sub(app.size.1.saturating_sub(4))
}

/// Draws the help.
pub fn draw(app: &App, scroll: u16, look: &Look, screen: Rect, buf: &mut Buffer) {
    let theme = &look.theme;
    let width = screen.width.min(110);
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + 1,
        width,
        height: screen.height.saturating_sub(2),
    };
    let inner = boxed("help · any key closes · arrows scroll", area, look, buf);
    for (n, line) in lines(app)
        .iter()
        .skip(usize::from(scroll))
        .take(usize::from(inner.height))
        .enumerate()
    {
        let row = Rect {
            y: inner.y + u16::try_from(n).unwrap_or(0),
            height: 1,
            x: inner.x + 1,
            width: inner.width.saturating_sub(1),
        };
        match line {
            Line::Title(title) => {
                put(buf, row, title, theme.style(Role::Title));
            }
            Line::Key { keys, name, doc, lacks } => {
                let role = |role| if lacks.is_some() { Role::Faint } else { role };
                put(
                    buf,
                    Rect {
                        width: 18.min(row.width),
                        ..row
                    },
                    &format!("  {keys}"),
                    theme.style(role(Role::Key)),
                );
                let name_at = Rect {
                    x: row.x + 19,
                    width: row.width.saturating_sub(19),
                    ..row
                };
                put(
                    buf,
                    Rect {
                        width: 18.min(name_at.width),
                        ..name_at
                    },
                    name,
                    theme.style(role(Role::Muted)),
                );
                let doc_at = Rect {
                    x: row.x + 38,
                    width: row.width.saturating_sub(38),
                    ..row
                };
                let text = match lacks {
                    Some(right) => format!("needs {right}: {doc}"),
                    None => (*doc).to_owned(),
                };
                put(buf, doc_at, &text, theme.style(role(Role::Text)));
            }
            Line::Text(text) => {
                put(buf, row, &format!("  {text}"), theme.style(Role::Text));
            }
            Line::Blank => {}
        }
    }
}
