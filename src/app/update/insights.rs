//! Questions to Logs Insights: asked, worded anew, asked again.

use crate::app::overlay::Overlay;
use crate::app::view::View;
use crate::app::{App, Tone, palette};
use crate::model::{LogFrom, Problem, Quantity};
use crate::store::clouds;
use crate::ui::panes::insights::{InsightsPane, Wish, ask};
use crate::ui::panes::log::LogView;
use crate::ui::widgets::Input;

/// More bytes than this are not paged through while somebody waits: Insights looks for something in them sooner.
const MUCH: u64 = 20 << 20;

/// How far back the digits ask (seconds), as those of a log do and farther.
fn span(digit: u8) -> i64 {
    match digit {
        3 => 5 * 60,
        4 => 15 * 60,
        7 => 6 * 3600,
        8 => 86_400,
        9 => 7 * 86_400,
        _ => ask::SPAN,
    }
}

/// Opens a pane that asks what these words mean.
pub(super) fn open(app: &mut App, words: &str) {
    let wish = Wish::read(words, usual(app));
    if wish.groups.is_empty() {
        let problem = match app.seen().is_some_and(|seen| !seen.clouds.is_empty()) {
            true => Problem::new(crate::model::ProblemKind::Config, "no log group is named").hint(":insights cloudwatch:GROUP …"),
            false => clouds::none(),
        };
        app.flash(Tone::Problem, problem.to_string());
        return;
    }
    // What offered it has done its work.
    app.flash = None;
    let view = View::Insights(Box::new(InsightsPane::new(app.env(), wish)));
    match app.view() {
        // A question worded anew takes the place of the one before.
        View::Insights(_) => app.workspace.push(view),
        _ => app.workspace.open_beside(view),
    }
}

/// Puts the question on the command line.
pub(super) fn edit(app: &mut App) {
    let View::Insights(pane) = app.view() else { return };
    let input = Input::new(&format!("insights {}", pane.wish.words()));
    app.overlay = Some(Overlay::Palette {
        offers: palette::offers(app, input.text()),
        input,
        chosen: None,
    });
}

/// Asks again, as far back as before or as the digit says.
pub(super) fn again(app: &mut App, digit: Option<u8>) {
    if let View::Insights(pane) = app.workspace.pane_mut().view_mut() {
        match digit {
            Some(digit) => pane.ask_since(span(digit)),
            None => pane.ask(),
        }
    }
}

/// What to say when a log is read so far back that Insights is the better way: how much that is, and what it would be
/// asked. `None`: paging through it is quicker.
pub(super) fn instead(app: &App) -> Option<String> {
    let View::Log(log) = app.view() else { return None };
    let bytes = clouds::weight(&log.query, app.store.env(log.env)?, app.now);
    if bytes < MUCH {
        return None;
    }
    let size = Quantity::whole(i64::try_from(bytes).unwrap_or(i64::MAX)).memory();
    let filter = looked_for(log).map(|condition| format!(" filter {condition}")).unwrap_or_default();
    Some(format!(
        "reading further back, about {size}B to page through … or :insights{filter}"
    ))
}

/// What is asked where nothing is said: the log groups and what is looked for of the log in front, else those that the
/// configuration names first.
fn usual(app: &App) -> Wish {
    let env = app.env();
    let place = app.store.env(env).and_then(|seen| seen.clouds.first());
    let (mut groups, mut conditions) = (Vec::new(), Vec::new());
    let mut span = ask::SPAN;
    match app.workspace.front().view() {
        View::Insights(pane) => return pane.wish.clone(),
        View::Log(log) => {
            groups.extend(log.query.groups().map(Into::into));
            if let (true, Some(pods)) = (groups.is_empty(), place.and_then(|place| place.pods.clone())) {
                groups.push(pods);
                conditions.extend(log.pod().map(|pod| ask::of_pod(&pod.namespace, &pod.name)));
            }
            conditions.extend(looked_for(log));
            // Whoever has read further back means to look there.
            span = match log.query.from {
                LogFrom::Since(seconds) => i64::from(seconds).max(span),
                LogFrom::Start => 86_400,
                LogFrom::Tail(_) => span,
            };
        }
        _ => {}
    }
    if let (true, Some(place)) = (groups.is_empty(), place) {
        groups.clone_from(&place.named);
    }
    Wish {
        groups,
        span,
        query: ask::newest(&conditions),
    }
}

/// What a log view is filtered by, else what is searched for in it.
pub(super) fn looked_for(log: &LogView) -> Option<String> {
    ask::condition(log.filter()).or_else(|| ask::condition(log.query()))
}
