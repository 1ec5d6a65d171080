//! Silences of the alert under the cursor, or the one under it: a key opens the line, a typed line becomes a draft.

use super::deeds;
use super::overlay::Overlay;
use super::{App, Effect, Tone, palette};
use crate::action::plan::Origin;
use crate::action::plan::silence::action;
use crate::action::silence::{Ends, Hush, Matcher, SilenceAct, host_of, minutes, split};
use crate::config::Environment;
use crate::model::{EnvId, Kind, ObjectRef};
use crate::ui::panes::table::TableView;
use crate::ui::widgets::Input;

/// How it is written.
const LIKE: &str = "as in :silence 30m alertname=HighLatency the fix is being deployed";
/// Labels that say who told of an alert, not which one it is.
const TOLD_BY: [&str; 1] = ["prometheus"];

/// The Alertmanagers of an environment, as objects of a draft.
pub fn managers(app: &App, env: EnvId) -> Vec<ObjectRef> {
    let all = app.environment(env).into_iter().flat_map(Environment::alerting);
    all.map(|endpoint| ObjectRef {
        kind: Kind::of("", "alertmanagers"),
        namespace: "".into(),
        name: host_of(&endpoint.url).into(),
    })
    .collect()
}

/// Opens the line with the labels of the alert under the cursor: the reason is left to be typed.
pub fn ask(app: &mut App) {
    let matchers = selected(app).map(|all| all.iter().map(told).collect::<Vec<_>>().join(" "));
    open(app, &format!("silence 30m {} ", matchers.unwrap_or_default()));
}

/// The same for another end of the silences of the alert under the cursor.
pub fn ask_longer(app: &mut App) {
    open(app, "extend-silence 1h");
}

fn open(app: &mut App, line: &str) {
    app.overlay = Some(Overlay::Palette {
        input: Input::new(line),
        offers: palette::offers(app, line),
        chosen: None,
    });
}

/// A matcher as it is typed: quoted only where it has to be.
fn told(matcher: &Matcher) -> String {
    match matcher.value.is_empty() || matcher.value.contains(|c: char| c.is_whitespace() || c == '"') {
        true => matcher.to_string(),
        false => format!("{}{}{}", matcher.name, matcher.how.sign(), matcher.value),
    }
}

/// What fits the alert under the cursor, and it alone.
fn selected(app: &App) -> Option<Vec<Matcher>> {
    let alert = &app.table().and_then(TableView::selected_alert)?.alert;
    let told = alert
        .labels
        .iter()
        .filter(|(name, value)| !TOLD_BY.contains(name) && !value.is_empty());
    Some(told.map(|(name, value)| Matcher::equal(name, value)).collect())
}

/// The silence under the cursor, or those that cover the alert there.
fn silences(app: &App) -> Vec<String> {
    if let Some(standing) = app.table().and_then(TableView::selected_silence) {
        return vec![standing.silence.id.to_string()];
    }
    let alert = app.table().and_then(TableView::selected_alert);
    alert.map_or_else(Vec::new, |spoken| spoken.alert.silenced.iter().map(ToString::to_string).collect())
}

/// Does what a typed line says: `silence 30m pod=web the fix is out`, `extend-silence 1h`.
pub fn typed(app: &mut App, line: &str) -> Vec<Effect> {
    let words = split(line);
    let (verb, rest) = match words.split_first() {
        Some((verb, rest)) => (verb.as_str(), rest),
        None => return Vec::new(),
    };
    let Some((minutes, rest)) = rest.split_first().and_then(|(first, rest)| Some((minutes(first)?, rest))) else {
        let like = if verb == "silence" { LIKE } else { "as in :extend-silence 1h" };
        return refuse(app, format!("say first for how long, up to 7d: {like}"));
    };
    if verb != "silence" {
        let ids = silences(app);
        return match ids.is_empty() {
            true => refuse(app, "no silence is under the cursor, and none covers the alert there".into()),
            false => begin(
                app,
                SilenceAct::Extend {
                    ids,
                    ends: Ends::In(minutes),
                },
            ),
        };
    }
    let matchers: Vec<Matcher> = rest.iter().map_while(|word| Matcher::read(word)).collect();
    let comment = rest.get(matchers.len()..).unwrap_or_default().join(" ");
    let matchers = match (matchers.is_empty(), selected(app)) {
        (false, _) => matchers,
        (true, Some(selected)) => selected,
        (true, None) => return refuse(app, format!("say which alerts: {LIKE}")),
    };
    let author = match app.deeds.user.as_str() {
        "" => "qd".to_owned(),
        user => user.to_owned(),
    };
    begin(
        app,
        SilenceAct::Add(Hush {
            matchers,
            minutes,
            comment,
            author,
        }),
    )
}

/// Ends the silences of the alert under the cursor.
pub fn expire(app: &mut App) -> Vec<Effect> {
    let ids = silences(app);
    begin(app, SilenceAct::Expire { ids })
}

/// Copies where a browser shows the expression of the alert under the cursor: what the alert says, else what the
/// environment's Prometheus would.
pub fn copy_source(app: &mut App) -> Vec<Effect> {
    let Some(alert) = app.table().and_then(TableView::selected_alert).map(|spoken| &spoken.alert) else {
        return Vec::new();
    };
    let prometheus = app.environment(app.env()).and_then(|environment| environment.prometheus.as_ref());
    let url = match (alert.generator.is_empty(), alert.expr.is_empty(), prometheus) {
        (false, _, _) => alert.generator.to_string(),
        (true, false, Some(endpoint)) => {
            let expr = percent(&alert.expr);
            format!("{}/graph?g0.expr={expr}&g0.tab=0", endpoint.url.trim_end_matches('/'))
        }
        (true, _, _) => return refuse(app, "nobody tells where this alert comes from".into()),
    };
    app.flash_link(format!("copied: {url}"), &url);
    vec![Effect::Copy(url)]
}

/// A text as it may stand in a query.
fn percent(text: &str) -> String {
    let one = |byte: u8| match byte {
        b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(one).collect()
}

fn begin(app: &mut App, act: SilenceAct) -> Vec<Effect> {
    let env = app.env();
    let objects = managers(app, env);
    if objects.is_empty() {
        return refuse(app, "no Alertmanager is configured for this environment".into());
    }
    let urls = app.environment(env).into_iter().flat_map(Environment::alerting);
    let urls = urls.map(|endpoint| endpoint.url.trim_end_matches('/').to_owned()).collect();
    deeds::begin(app, action(urls, act), objects, Origin::Asked)
}

fn refuse(app: &mut App, text: String) -> Vec<Effect> {
    app.flash(Tone::Problem, text);
    Vec::new()
}
