//! Steps whose answer is read in another view: a query of logs, a question to Logs Insights. They are opened beside the walk,
//! and a person says what is seen there.

use super::run::line_of;
use super::walking::Pen;
use crate::app::view::View;
use crate::app::{App, Effect, Tone};
use crate::model::{Known, LogFrom, LogQuery, Namespaces, Pick};
use crate::runbook::page::{Block, Step};
use crate::runbook::suggest::LogPattern;
use crate::runbook::value::fill;
use crate::runbook::walk::{Event, Outcome};
use crate::store::clouds;
use crate::ui::panes::insights::{InsightsPane, Wish, ask};
use crate::ui::panes::log::LogView;

/// What is opened, or why it cannot be.
fn view(app: &App, step: &Step) -> Result<(View, &'static str), String> {
    let walking = app.books.walking.as_ref().ok_or("no runbook is open")?;
    let env = walking.env;
    let bindings = &walking.walk.bindings;
    let value = |name: &str| bindings.get(name);
    let place = app.store.env(env).and_then(|seen| seen.clouds.first());
    match &opened(app, step) {
        Some(Block::Logs { pattern, group, since }) => {
            let namespace = super::run::namespace(app);
            let (picks, namespaces) = match place {
                Some(_) if !group.is_empty() => (vec![Pick::Group(group.as_str().into())], Namespaces::one(&namespace)),
                // Without CloudWatch the cluster has the newest of the same lines.
                _ => {
                    let owner = value("DEPLOYMENT").map(|name| Pick::Owner(Known::Deployment, name.into()));
                    let pod = value("POD").map(|name| Pick::Pod(name.into()));
                    (owner.or(pod).into_iter().collect(), Namespaces::one(&namespace))
                }
            };
            let mut query = LogQuery::of(namespaces, picks);
            if query.picks.is_empty() {
                query.picks.push(Pick::Pattern("".into()));
            }
            if let Ok(seconds) = u32::try_from(*since)
                && seconds > 0
            {
                query.from = LogFrom::Since(seconds);
            }
            let mut log = LogView::new(env, query, app.now);
            if let Some(pattern) = LogPattern::read(pattern).and_then(|pattern| pattern.searched()) {
                log.filter_by(&pattern);
            }
            Ok((View::Log(Box::new(log)), "opened in the log view"))
        }
        Some(Block::Insights { query, group, since }) => {
            let place = place.ok_or_else(|| clouds::none().to_string())?;
            let groups = match group.is_empty() {
                true => place.named.clone(),
                false => vec![group.as_str().into()],
            };
            if groups.is_empty() {
                return Err("the step names no log group, and the environment has none".to_owned());
            }
            let query = fill(query, &value)?;
            let span = if *since > 0 { *since } else { ask::SPAN };
            let wish = Wish {
                groups,
                span,
                query: query.lines().map(str::trim).collect::<Vec<_>>().join(" ").into(),
            };
            Ok((View::Insights(Box::new(InsightsPane::new(env, wish))), "asked of Logs Insights"))
        }
        _ => Err("there is nothing to open".to_owned()),
    }
}

/// Whether a step is read in another view.
pub fn is_opened(app: &App, step: &Step) -> bool {
    opened(app, step).is_some()
}

/// What another view shows of a step: a query of logs, a question to Logs Insights; and of a line of the AWS command line what
/// the log view answers without that program, where the environment has a CloudWatch.
fn opened(app: &App, step: &Step) -> Option<Block> {
    match &step.block {
        Some(block @ (Block::Logs { .. } | Block::Insights { .. })) => Some(block.clone()),
        Some(Block::Command(command)) => {
            let walking = app.books.walking.as_ref()?;
            let has_cloud = app.environment(walking.env).is_some_and(|e| !e.cloudwatch.is_empty());
            let logs = super::run::filled(command, &walking.walk.bindings).logs().filter(|_| has_cloud)?;
            Some(Block::Logs {
                pattern: logs.pattern,
                group: logs.group,
                since: logs.since,
            })
        }
        _ => None,
    }
}

/// Opens it beside the walk. That is written down; what is seen there, a person says.
pub fn open(app: &mut App, step: &Step) -> Vec<Effect> {
    let (view, said) = match view(app, step) {
        Ok(both) => both,
        Err(why) => {
            app.flash(Tone::Problem, why);
            return Vec::new();
        }
    };
    let command = line_of(app, step);
    let mut pen = Pen::new(app);
    let Some(walking) = app.books.walking.as_mut() else {
        return Vec::new();
    };
    let id = step.id.clone();
    if walking.write(Event::Started { step: id.clone(), command }, &mut pen) {
        let ended = Event::Ended {
            step: id,
            outcome: Outcome::Passed,
            ms: 0,
            said: said.to_owned(),
        };
        walking.write(ended, &mut pen);
        app.workspace.open_beside(view);
        app.flash(Tone::Info, "esc leads back to the runbook, which asks what you saw");
    }
    pen.effects
}
