//! Panels of a Prometheus: opened, asked, looked at closer.

use crate::app::overlay::Overlay;
use crate::app::view::View;
use crate::app::{App, Effect, Tone, lead, palette};
use crate::config::Panel;
use crate::model::{EnvId, Namespaces};
use crate::ui::panes::metrics::{MetricsPane, Target};
use crate::ui::widgets::Input;

/// The panels for what is selected.
pub(super) fn open(app: &mut App) {
    let selected = lead::subject(app).and_then(|(object, _)| Target::of(&object));
    let namespaces = match app.workspace.front().view() {
        View::Table(table) => table.namespaces.clone(),
        view => view.namespaces(),
    };
    show(app, selected.unwrap_or(Target::Environment(namespaces)));
}

/// The panels for the whole environment.
pub(super) fn open_all(app: &mut App) {
    show(app, Target::Environment(Namespaces::All));
}

fn show(app: &mut App, target: Target) {
    let view = board(app, app.env(), target);
    app.workspace.open_beside(view);
}

/// The panels of an environment for what is selected there.
pub(super) fn board(app: &App, env: EnvId, target: Target) -> View {
    View::Metrics(Box::new(MetricsPane::new(
        env,
        target,
        &app.config.panels,
        app.has_prometheus_at(env),
    )))
}

/// A question of the user's own.
pub(super) fn ask(app: &mut App, query: &str) {
    if query.is_empty() {
        edit(app);
        return;
    }
    // Whether it is well said only the server knows: its PromQL may be newer than ours, and it says at which place.
    app.flash = None;
    let env = app.env();
    let pane = MetricsPane::ad_hoc(env, query, app.has_prometheus());
    match app.view() {
        View::Metrics(_) => app.workspace.push(View::Metrics(Box::new(pane))),
        _ => app.workspace.open_beside(View::Metrics(Box::new(pane))),
    }
}

/// Puts the question of the panel in front on the command line.
pub(super) fn edit(app: &mut App) {
    let query = match app.view() {
        View::Metrics(pane) => pane.copied().lines().next().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let input = Input::new(&format!("{} {query}", Panel::AD_HOC));
    app.overlay = Some(Overlay::Palette {
        offers: palette::offers(app, input.text()),
        input,
        chosen: None,
    });
}

fn with(app: &mut App, change: impl FnOnce(&mut MetricsPane)) {
    if let View::Metrics(pane) = app.workspace.pane_mut().view_mut() {
        change(pane);
    }
}

pub(super) fn range(app: &mut App, digit: u8) {
    with(app, |pane| pane.range_of(digit));
}

pub(super) fn zoom(app: &mut App, closer: bool) {
    with(app, |pane| pane.zoom(closer));
}

pub(super) fn yesterday(app: &mut App) {
    with(app, |pane| {
        pane.toggle_yesterday();
    });
}

/// Copies the address of the Grafana dashboard that shows the same.
pub(super) fn dashboard(app: &mut App) -> Vec<Effect> {
    let View::Metrics(pane) = app.view() else { return Vec::new() };
    let grafana = app.environment(pane.env).and_then(|e| e.grafana.as_ref());
    let dashboards = &app.config.dashboards;
    let of_board = dashboards
        .iter()
        .find(|dashboard| dashboard.boards.iter().any(|board| board == pane.board()));
    let (Some(grafana), Some(dashboard)) = (grafana, of_board.or_else(|| dashboards.first())) else {
        app.flash(
            Tone::Info,
            "no dashboard is configured: it takes `grafana` of the environment and a [[dashboard]]",
        );
        return Vec::new();
    };
    let (from, until) = pane.times();
    let url = dashboard.url(&grafana.url, &pane.target.bound(0), from.0, until.0);
    let title = dashboard.title.clone();
    app.flash_link(format!("copied: {title} {url}"), &url);
    vec![Effect::Copy(url)]
}
