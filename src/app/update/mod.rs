//! One message in, changed state and effects out.

mod acts;
mod amounts;
mod insights;
mod metrics;
mod output;
mod overlays;
mod places;

use crate::app::command::{Command, Group};
use crate::app::keymap::Key;
use crate::app::lead::{self, Led};
use crate::app::msg::{Copied, Ending, Msg};
use crate::app::overlay::Overlay;
use crate::app::palette;
use crate::app::session::{self, Ended};
use crate::app::start::Choice;
use crate::app::view::View;
use crate::app::walk::{self, Step};
use crate::app::{App, Effect, Tone};
use crate::model::{EnvId, LogFrom, Namespaces, parse_moment};
use crate::ui::panes::log::Times;
use crate::ui::panes::page::{Live, PagePane};
use crate::ui::panes::table::{RowSource, TableView};
use crate::ui::widgets::Input;
pub(super) use acts::{as_view, ask as ask_line};
pub use output::shown;
use output::{copy, mouse, save};
pub(super) use overlays::run_line as show_line;
use overlays::{overlay_key, paste};
use places::{beside, favourite, go_to, set_namespaces};

/// How long the second `ctrl-c` or `q` may take after the first (seconds).
const SECOND_PRESS: i64 = 3;

/// Changes the app by one message. Draws nothing, waits for nothing.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    let effects = change(app, msg);
    match app.covered() {
        Some(identifiers) => effects.into_iter().map(|effect| output::cover(effect, identifiers)).collect(),
        None => effects,
    }
}

fn change(app: &mut App, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Fact(fact) => {
            app.store.apply(fact);
            Vec::new()
        }
        Msg::Tick(now) => {
            app.now = now;
            Vec::new()
        }
        Msg::Resize { width, height } => {
            app.size = (width, height);
            Vec::new()
        }
        Msg::Key(event) => {
            app.choice = Choice::Made;
            app.workspace.hold();
            let now = app.now;
            app.deeds.locks.touch(now);
            key(app, event.into())
        }
        Msg::Paste(text) => {
            paste(app, &text);
            Vec::new()
        }
        Msg::Mouse(action) => mouse(app, action),
        Msg::Returned { env, result } => {
            match result {
                Ok(()) => app.flash(Tone::Info, "logged in: connecting again"),
                Err(problem) => app.flash(Tone::Problem, problem.to_string()),
            }
            vec![Effect::Repaint, Effect::Reconnect(env)]
        }
        Msg::Edited(result) => crate::app::deeds::editing::returned(app, result),
        Msg::File(text) => crate::app::deeds::editing::manifest(app, text),
        Msg::Saved(Ok(path)) => {
            app.flash(Tone::Info, format!("saved to {}", path.display()));
            Vec::new()
        }
        Msg::Evidence(Ok(pages)) => {
            let view = TableView::of(app.env(), RowSource::Evidence, Namespaces::All).with_evidence(pages);
            app.workspace.push(View::Table(Box::new(view)));
            Vec::new()
        }
        Msg::Evidence(Err(problem)) => {
            app.flash(Tone::Problem, problem.to_string());
            Vec::new()
        }
        Msg::Unwritten { run, problem } => {
            crate::app::books::unwritten(app, run, problem);
            Vec::new()
        }
        Msg::Walk(Ok(resumed)) => crate::app::books::resume(app, *resumed),
        Msg::Walk(Err(problem)) => {
            app.flash(Tone::Problem, problem.to_string());
            Vec::new()
        }
        Msg::Page { name, text } => {
            let page = PagePane::new(app.env(), name, text);
            app.workspace.open_beside(View::Page(Box::new(page)));
            Vec::new()
        }
        Msg::News(news) => crate::app::deeds::news(app, *news),
        Msg::Armed(draft) => {
            if let Some(Overlay::Plan(dialog)) = &mut app.overlay
                && dialog.draft.id == draft
            {
                dialog.is_armed = true;
            }
            Vec::new()
        }
        // What says which address it is stays, so that it can be read and opened.
        Msg::Copied(Ok(Copied::Clipboard)) if app.flash.as_ref().is_some_and(|flash| flash.link.is_some()) => Vec::new(),
        Msg::Copied(Ok(Copied::Clipboard)) => {
            app.flash(Tone::Info, "copied");
            Vec::new()
        }
        Msg::Copied(Ok(Copied::File(path))) => {
            app.flash(
                Tone::Info,
                format!("too long for the terminal's clipboard: written to {}", path.display()),
            );
            Vec::new()
        }
        Msg::Saved(Err(problem)) | Msg::Copied(Err(problem)) => {
            app.flash(Tone::Problem, problem.to_string());
            Vec::new()
        }
        Msg::End(ending) => {
            let (ended, code) = match ending {
                Ending::HangUp => (Ended::Hangup, 129),
                Ending::Terminate => (Ended::Quit, 143),
            };
            vec![Effect::Remember(session::of(app, ended)), Effect::Quit(code)]
        }
    }
}

pub(super) fn key(app: &mut App, key: Key) -> Vec<Effect> {
    if app.overlay.is_some() {
        return overlay_key(app, key);
    }
    // The team has given it this meaning for these kinds.
    if let Some(plugin) = crate::app::plugins::by_key(app, key) {
        return crate::app::plugins::run(app, &plugin);
    }
    match app.keymap.lookup(key, app.view()) {
        Some(row) if (row.available)(app) => {
            // What narrows and sorts is meant for the table below, wherever the cursor is.
            if matches!(row.group, Group::Narrow | Group::Sort | Group::Panes) && row.command != Command::NextPane {
                app.workspace.leave_strip();
            }
            run(app, row.command)
        }
        Some(row) => {
            app.flash(Tone::Info, format!("{}: not for what is selected", row.name));
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Does what a command says, in the focused pane.
pub(in crate::app) fn run(app: &mut App, command: Command) -> Vec<Effect> {
    if !matches!(command, Command::Cancel | Command::BackOrQuit | Command::Quit | Command::Palette) {
        app.quitting = None;
    }
    app.guide.did(command);
    if let View::Overview(pane) = app.workspace.pane_mut().view_mut()
        && !matches!(command, Command::Red(_))
    {
        pane.leave_number();
    }
    match command {
        Command::Palette => {
            app.overlay = Some(Overlay::Palette {
                input: Input::new(""),
                offers: palette::offers(app, ""),
                chosen: None,
            });
        }
        Command::Filter | Command::Search => {
            let before = match app.view() {
                View::Table(table) => table.filter.clone(),
                View::Text(text) => text.query().to_owned(),
                View::Log(log) => log.query().to_owned(),
                View::Page(page) => page.query().to_owned(),
                View::Insights(pane) => pane.query().to_owned(),
                View::Explain(pane) => pane.query().to_owned(),
                View::Overview(_) | View::Metrics(_) | View::Book(_) => return Vec::new(),
            };
            let input = Input::new(&before);
            app.overlay = Some(match app.view() {
                View::Table(_) => Overlay::Filter { input, before },
                _ => Overlay::Search { input, before },
            });
        }
        Command::Help => app.overlay = Some(Overlay::Help { scroll: 0 }),
        Command::Back => {
            back(app);
        }
        Command::BackOrQuit => {
            if !back(app) {
                return quit(app);
            }
        }
        Command::Quit => return quit(app),
        Command::Cancel => return cancel(app),
        Command::Open => return open(app),
        Command::Describe if app.table().is_some_and(|table| table.source == RowSource::Alerts) => {
            if let Some(page) = walk::alert(app) {
                app.workspace.open_beside(page);
            }
        }
        Command::Describe if app.table().is_some_and(|table| table.source == RowSource::Silences) => {
            if let Some(page) = walk::silence(app) {
                app.workspace.open_beside(page);
            }
        }
        Command::Describe | Command::Yaml => {
            if let Some(object) = app.reference() {
                let env = app.env();
                let view = if command == Command::Describe {
                    walk::describe(env, object)
                } else {
                    walk::yaml(env, object)
                };
                app.workspace.open_beside(view);
            }
        }
        Command::Logs => match walk::logs(app, false) {
            Some(view) => app.workspace.open_beside(view),
            None => app.flash(Tone::Info, "no pod to read a log of"),
        },
        Command::PreviousLogs => match app.view() {
            View::Table(_) => match walk::logs(app, true) {
                Some(view) => app.workspace.open_beside(view),
                None => app.flash(Tone::Info, "no pod to read a log of"),
            },
            View::Log(_) => with_log(app, |log| log.toggle_previous()),
            View::Text(_) | View::Page(_) | View::Insights(_) | View::Overview(_) | View::Metrics(_) | View::Book(_) | View::Explain(_) => {
            }
        },
        Command::Explain => {
            if let Some(view) = lead::explain(app) {
                app.workspace.open_beside(view);
            }
        }
        Command::ObjectEvents => {
            if let Some(view) = walk::events(app) {
                app.workspace.open_beside(view);
            }
        }
        Command::Owner => match walk::owner(app) {
            Some(view) => app.workspace.push(view),
            None => app.flash(Tone::Info, "the owner's kind is not known here"),
        },
        Command::Up
        | Command::Down
        | Command::PageUp
        | Command::PageDown
        | Command::Top
        | Command::Bottom
        | Command::Left
        | Command::Right => {
            travel(app, command);
        }
        Command::Faults => with_table(app, |table| table.faults_only = !table.faults_only),
        Command::Wide => with_table(app, |table| table.wide = !table.wide),
        Command::Mark => with_table(app, |table| {
            if let Some(uid) = table.selected {
                if !table.marks.remove(&uid) {
                    table.marks.insert(uid);
                }
                table.step(1);
            }
        }),
        Command::MarkAll => with_table(app, |table| {
            let all: Vec<_> = table.order().to_vec();
            table.marks.extend(all);
        }),
        Command::Unmark => with_table(app, |table| table.marks.clear()),
        Command::AllNamespaces => set_namespaces(app, Namespaces::All),
        Command::Favourite(n) => favourite(app, n),
        Command::Red(digit) => places::red(app, digit),
        Command::SortName => sort(app, &["NAME", "OBJECT"]),
        Command::SortNamespace => sort(app, &["NAMESPACE"]),
        Command::SortStatus => sort(app, &["STATUS", "STATE", "TYPE", "READY"]),
        Command::SortAge => sort(app, &["AGE", "LAST"]),
        Command::SortRestarts => sort(app, &["RESTARTS", "COUNT"]),
        Command::SortCpu => sort(app, &["CPU"]),
        Command::SortMemory => sort(app, &["MEM"]),
        Command::SortTime => sort(app, &["LAST", "LAST SCHEDULE", "AGE"]),
        Command::SortLeft => with_table(app, |table| table.sort_beside(-1)),
        Command::SortRight => with_table(app, |table| table.sort_beside(1)),
        Command::SortReverse => with_table(app, TableView::reverse),
        Command::Copy => return copy(app),
        Command::Save => return save(app),
        Command::SearchNext | Command::SearchPrevious => {
            let forward = command == Command::SearchNext;
            let height = page(app);
            let (store, pane) = (&app.store, app.workspace.pane_mut());
            match pane.view_mut() {
                View::Text(text) => text.next_match(forward, height),
                View::Log(log) => log.next_match(store, forward),
                View::Page(page) => page.next_match(forward),
                View::Insights(pane) => pane.next_match(forward),
                View::Explain(pane) => pane.next_match(forward),
                View::Table(_) | View::Overview(_) | View::Metrics(_) | View::Book(_) => {}
            }
        }
        Command::Wrap => match app.workspace.pane_mut().view_mut() {
            View::Text(text) => text.toggle_wrap(),
            View::Log(log) => log.wrap = !log.wrap,
            View::Page(page) => page.toggle_wrap(),
            View::Explain(pane) => pane.toggle_wrap(),
            View::Table(_) | View::Insights(_) | View::Overview(_) | View::Metrics(_) | View::Book(_) => {}
        },
        Command::ManagedFields => {
            if let View::Text(text) = app.workspace.pane_mut().view_mut() {
                text.toggle_managed_fields();
            }
        }
        Command::Follow => with_log_and_store(app, |log, store| log.toggle_follow(store)),
        Command::Timestamps => with_log(app, |log| log.next_times()),
        Command::LogFilter => {
            if let View::Log(log) = app.view() {
                let before = log.filter().to_owned();
                let input = Input::new(&before);
                app.overlay = Some(Overlay::Filter { input, before });
            }
        }
        Command::LogContext => with_log(app, |log| {
            log.context = match log.context {
                0 => 3,
                3 => 10,
                _ => 0,
            };
        }),
        Command::NextRate | Command::PreviousRate => {
            let mut found = None;
            with_log_and_store(app, |log, store| found = log.next_rate(store, command == Command::NextRate));
            match found {
                Some(step) => app.flash(Tone::Info, step.to_string()),
                None => {
                    let where_to = if command == Command::NextRate { "after" } else { "before" };
                    app.flash(Tone::Info, format!("lines come at the same rate {where_to} this"));
                }
            }
        }
        Command::NextError | Command::PreviousError => {
            let mut found = false;
            with_log_and_store(app, |log, store| found = log.next_error(store, command == Command::NextError));
            if !found {
                let where_to = if command == Command::NextError { "after" } else { "before" };
                app.flash(Tone::Info, format!("no error {where_to} this line in what was read"));
            }
        }
        Command::FollowId => {
            let mut said = None;
            with_log_and_store(app, |log, store| said = Some(log.follow_id(store)));
            match said {
                Some(Ok(id)) => app.flash(Tone::Info, format!("lines of {id}; & changes the filter, esc ends it")),
                Some(Err(why)) => app.flash(Tone::Info, why),
                None => {}
            }
        }
        Command::PickFields => {
            let chosen = match app.view() {
                View::Log(log) => log.fields.iter().map(|field| format!("{field} ")).collect::<String>(),
                _ => return Vec::new(),
            };
            let input = Input::new(&format!("fields {chosen}"));
            let offers = palette::offers(app, input.text());
            app.overlay = Some(Overlay::Palette {
                input,
                offers,
                chosen: None,
            });
        }
        Command::Templates => with_log_and_store(app, |log, store| log.toggle_templates(store)),
        Command::Bars => with_log(app, |log| log.bars = !log.bars),
        Command::RawLines => with_log(app, |log| log.raw = !log.raw),
        Command::FurtherBack => {
            let mut more = false;
            with_log(app, |log| more = log.read_further_back());
            let said = match insights::instead(app).filter(|_| more) {
                Some(offer) => offer,
                None if more => "reading further back".to_owned(),
                None => "all that the server has is read".to_owned(),
            };
            app.flash(Tone::Info, said);
        }
        Command::SelectLines => with_log_and_store(app, |log, store| log.toggle_selection(store)),
        Command::LogMark => {
            let now = app.now;
            with_log_and_store(app, |log, store| log.mark(store, now));
        }
        Command::Container => with_log_and_store(app, |log, store| log.next_container(store)),
        Command::Scale
        | Command::Shell
        | Command::Attach
        | Command::SetImage
        | Command::SetResources
        | Command::Edit
        | Command::Bounds
        | Command::Restart
        | Command::RollBack
        | Command::PauseRollout
        | Command::ResumeRollout
        | Command::Delete
        | Command::Cordon
        | Command::Uncordon
        | Command::Drain
        | Command::Evict
        | Command::Progress
        | Command::Trigger
        | Command::SuspendCron
        | Command::ResumeCron
        | Command::Debug
        | Command::CopyOut
        | Command::CopyIn
        | Command::Forward
        | Command::Forwards
        | Command::StopForward
        | Command::Silence
        | Command::ExtendSilence
        | Command::EndSilence
        | Command::CopySource
        | Command::ForwardAgain
        | Command::ProbeForward
        | Command::Undo
        | Command::Lock
        | Command::Unlock
        | Command::Audit
        | Command::CopyLine => return acts::run(app, command),
        // First to what the line stands for: in its environment.
        Command::Runbook if matches!(app.view(), View::Overview(_)) => {
            places::evidence(app);
            return crate::app::books::open(app);
        }
        Command::Runbook => return crate::app::books::open(app),
        Command::Walk => crate::app::books::show(app),
        Command::ResumeWalk if crate::app::books::is_open(app) => crate::app::books::show(app),
        Command::ResumeWalk => {
            let run = app.books.number();
            return vec![Effect::FindWalk { run, id: None }];
        }
        Command::StepAnswer(_)
        | Command::StepBack
        | Command::StepSkip
        | Command::StepNote
        | Command::StepTick
        | Command::StepAgain
        | Command::StepKeep
        | Command::Outline
        | Command::Contacts => return crate::app::books::act(app, command),
        Command::Insights => insights::open(app, ""),
        Command::Metrics => metrics::open(app),
        Command::AllMetrics => metrics::open_all(app),
        Command::PromQl => metrics::ask(app, ""),
        Command::Yesterday => metrics::yesterday(app),
        Command::ZoomIn | Command::ZoomOut => metrics::zoom(app, command == Command::ZoomIn),
        Command::Dashboard => return metrics::dashboard(app),
        Command::EditQuestion if matches!(app.view(), View::Metrics(_)) => metrics::edit(app),
        Command::EditQuestion => insights::edit(app),
        Command::AskAgain => insights::again(app, None),
        Command::Since(digit) if matches!(app.view(), View::Metrics(_)) => metrics::range(app, digit),
        Command::Since(digit) if matches!(app.view(), View::Insights(_)) => insights::again(app, Some(digit)),
        Command::Since(digit) => {
            let from = match digit {
                1 => LogFrom::Start,
                2 => LogFrom::Since(60),
                3 => LogFrom::Since(5 * 60),
                4 => LogFrom::Since(15 * 60),
                5 => LogFrom::Since(30 * 60),
                6 => LogFrom::Since(60 * 60),
                _ => LogFrom::Tail(1000),
            };
            with_log(app, |log| log.start_from(from));
        }
        Command::NextPane => app.workspace.next(),
        Command::Split => {
            let view = beside(app);
            app.workspace.split(view);
        }
        Command::ClosePane => {
            if !app.workspace.close() {
                app.flash(Tone::Info, "there is only one pane");
            }
        }
        Command::Zoom => app.workspace.zoomed = !app.workspace.zoomed && app.workspace.panes().len() > 1,
        Command::Wider | Command::Narrower => {
            let grow = (command == Command::Wider) == (app.workspace.focus == 0);
            app.workspace.left = app.workspace.left.saturating_add_signed(if grow { 5 } else { -5 }).clamp(20, 80);
        }
        Command::LastView => moved(app, |pane| pane.flip()),
        Command::HistoryBack => moved(app, |pane| pane.back()),
        Command::HistoryForward => moved(app, |pane| pane.forward()),
        Command::Findings => {
            let view = TableView::of(app.env(), RowSource::Findings, Namespaces::All);
            app.workspace.push(View::Table(Box::new(view)));
        }
        Command::Evidence => return vec![Effect::ListEvidence],
        Command::Environments => {
            // To see how all of them are, all of them have to be asked.
            let all: Vec<EnvId> = app.store.iter().map(|(id, _)| id).collect();
            if app.config.explicit {
                app.connected
                    .extend(all.into_iter().filter(|id| crate::app::has_cluster(&app.config, *id)));
            }
            let view = TableView::of(app.env(), RowSource::Environments, Namespaces::All);
            app.workspace.push(View::Table(Box::new(view)));
        }
        Command::Alerts => {
            let view = TableView::of(app.env(), RowSource::Alerts, Namespaces::All);
            app.workspace.push(View::Table(Box::new(view)));
        }
        Command::Silences => {
            let view = TableView::of(app.env(), RowSource::Silences, Namespaces::All);
            app.workspace.push(View::Table(Box::new(view)));
        }
        Command::Compare => {
            if let Some(object) = app.reference() {
                let envs: Vec<EnvId> = app.connected.iter().copied().collect();
                let name = format!("{} in {} environments", object.name, envs.len());
                let page = PagePane::live(app.env(), name, Live::Compare(object, envs));
                app.workspace.open_beside(View::Page(Box::new(page)));
            }
        }
        Command::Overview => {
            let pane = crate::ui::panes::overview::OverviewPane::new(app.env());
            app.workspace.push(View::Overview(Box::new(pane)));
        }
        Command::Health => {
            let view = TableView::of(app.env(), RowSource::Health, Namespaces::All);
            app.workspace.push(View::Table(Box::new(view)));
        }
        Command::NextEnvironment => {
            let ids: Vec<EnvId> = app.connected.iter().copied().collect();
            let at = ids.iter().position(|id| *id == app.env());
            match at
                .and_then(|at| ids.get((at + 1) % ids.len()))
                .copied()
                .filter(|next| *next != app.env())
            {
                Some(next) => go_to(app, next),
                None => app.flash(Tone::Info, "no other environment is connected: :env lists them"),
            }
        }
        Command::GoToTime => acts::ask(app, "at "),
        Command::Share if app.is_shared => app.overlay = Some(Overlay::Unshare),
        Command::Share => {
            app.is_shared = true;
            app.flash(
                Tone::Info,
                "identifiers are covered, in copies and files as well; not in a shell or a login",
            );
        }
        Command::Login => return vec![Effect::Login(app.env())],
        Command::Reconnect => {
            app.flash(Tone::Info, "connecting again");
            return vec![Effect::Reconnect(app.env())];
        }
        Command::Guide => app.guide.turn(),
        Command::Repaint => return vec![Effect::Repaint],
        Command::Suspend => return vec![Effect::Suspend],
    }
    Vec::new()
}

pub(super) fn open(app: &mut App) -> Vec<Effect> {
    match app.workspace.pane_mut().view_mut() {
        View::Explain(_) => return follow(app),
        View::Book(_) => return crate::app::books::act(app, Command::Open),
        View::Overview(_) => {
            places::evidence(app);
            return Vec::new();
        }
        View::Insights(pane) => {
            pane.toggle();
            return Vec::new();
        }
        View::Metrics(pane) => {
            pane.toggle();
            return Vec::new();
        }
        View::Log(log) => {
            if log.open_template() {
                return Vec::new();
            }
            log.opened_row = !log.opened_row;
            if log.follows() {
                log.toggle_follow(&app.store);
                log.opened_row = true;
            }
            return Vec::new();
        }
        _ => {}
    }
    if app.table().is_some_and(|table| table.source == RowSource::Forwards) {
        return crate::app::forwards::open_saved(app);
    }
    match walk::down(app) {
        Step::To(view @ View::Table(_)) => app.workspace.push(view),
        Step::To(view) => app.workspace.open_beside(view),
        Step::Environment(env) => go_to(app, env),
        Step::Evidence(name) => return vec![Effect::ReadEvidence(name)],
        Step::Nowhere => {}
    }
    Vec::new()
}

/// `enter` in an explanation: to where its line leads.
fn follow(app: &mut App) -> Vec<Effect> {
    match lead::follow(app) {
        Led::To(view) => app.workspace.open_beside(view),
        Led::Copy(command) => {
            app.flash(Tone::Info, format!("copied: {command}"));
            return vec![Effect::Copy(command)];
        }
        Led::Nowhere => {}
    }
    Vec::new()
}

/// Undoes the topmost thing: marks, filter, the view itself. `false`: this is the root.
pub(super) fn back(app: &mut App) -> bool {
    if app.workspace.is_on_strip() {
        app.workspace.leave_strip();
        return true;
    }
    if let View::Log(log) = app.workspace.pane_mut().view_mut()
        && log.undo()
    {
        return true;
    }
    if let View::Metrics(pane) = app.workspace.pane_mut().view_mut()
        && pane.undo()
    {
        return true;
    }
    if let View::Table(table) = app.workspace.pane_mut().view_mut() {
        if !table.marks.is_empty() {
            table.marks.clear();
            return true;
        }
        if !table.filter.is_empty() {
            table.filter.clear();
            return true;
        }
        if table.faults_only {
            table.faults_only = false;
            return true;
        }
    }
    if app.workspace.pane_mut().back() {
        return true;
    }
    app.workspace.close()
}

pub(super) fn quit(app: &mut App) -> Vec<Effect> {
    // What was begun is told at the next start, if nobody waits for it now.
    if app.deeds.is_running() && app.quitting.is_none_or(|since| since.age(app.now) > SECOND_PRESS) {
        app.quitting = Some(app.now);
        app.flash(Tone::Problem, "a change is under way: once more leaves it alone");
        return Vec::new();
    }
    if app.forwards.is_in_use() && app.quitting.is_none_or(|since| since.age(app.now) > SECOND_PRESS) {
        app.quitting = Some(app.now);
        let open = app.forwards.mark().map(|(text, _)| text).unwrap_or_default();
        app.flash(Tone::Problem, format!("{open}: once more ends what is open, and leaves"));
        return Vec::new();
    }
    vec![Effect::Remember(session::of(app, Ended::Quit)), Effect::Quit(0)]
}

/// `ctrl-c`: stops the pane's work; only a second press with nothing left to stop ends the program.
pub(super) fn cancel(app: &mut App) -> Vec<Effect> {
    if app.deeds.is_running() {
        app.flash(Tone::Info, "nothing more is begun; what is under way ends");
        return vec![Effect::Brake];
    }
    if let View::Log(log) = app.workspace.pane_mut().view_mut()
        && log.stop()
    {
        app.flash(Tone::Info, "stopped reading: 0–6 starts again");
        return Vec::new();
    }
    if matches!(app.view(), View::Book(_)) && crate::app::books::is_running(app) {
        app.flash(Tone::Info, "stopped: r runs it again");
        return crate::app::books::stop(app);
    }
    if let View::Insights(pane) = app.workspace.pane_mut().view_mut()
        && pane.stop()
    {
        app.flash(Tone::Info, "stopped asking: r asks again");
        return Vec::new();
    }
    if app.quitting.is_some_and(|since| since.age(app.now) <= SECOND_PRESS) {
        return quit(app);
    }
    app.quitting = Some(app.now);
    app.flash(Tone::Info, "ctrl-c again, or q, leaves quarterdeck");
    Vec::new()
}

pub(super) fn travel(app: &mut App, command: Command) {
    let page = page(app);
    let half = isize::try_from(page).unwrap_or(1).max(1);
    let (store, pane) = (&app.store, app.workspace.pane_mut());
    match pane.view_mut() {
        View::Table(table) => match command {
            Command::Up => table.step(-1),
            Command::Down => table.step(1),
            Command::PageUp => table.step(-half),
            Command::PageDown => table.step(half),
            Command::Top => table.step(isize::MIN),
            Command::Bottom => table.step(isize::MAX),
            Command::Left => table.shift = table.shift.saturating_sub(1),
            _ => table.shift = (table.shift + 1).min(table.all_columns().len().saturating_sub(3)),
        },
        View::Text(text) => text.travel(command, page),
        View::Log(log) => log.travel(store, command, page),
        View::Page(text) => text.travel(command),
        View::Insights(pane) => pane.travel(command, page),
        View::Overview(pane) => pane.travel(command),
        View::Explain(pane) => pane.travel(command, page),
        View::Metrics(pane) => pane.travel(command),
        View::Book(pane) => pane.travel(command, page, &mut app.books),
    }
}

/// Rows of the focused pane.
pub(super) fn page(app: &App) -> usize {
    let areas = app.areas();
    areas
        .panes
        .get(app.workspace.focus)
        .map_or(1, |area| usize::from(area.height.saturating_sub(3)))
        .max(1)
}

pub(super) fn moved(app: &mut App, go: impl FnOnce(&mut super::view::Pane) -> bool) {
    if !go(app.workspace.pane_mut()) {
        app.flash(Tone::Info, "no other view in this pane's history");
    }
}

pub(super) fn sort(app: &mut App, columns: &[&str]) {
    let done = match app.workspace.pane_mut().view_mut() {
        View::Table(table) => columns.iter().any(|column| table.sort_by(column)),
        _ => false,
    };
    if !done {
        app.flash(Tone::Info, format!("this table has no column {}", columns.first().unwrap_or(&"")));
    }
}

pub(super) fn search(app: &mut App, query: &str) {
    let height = page(app);
    let (store, pane) = (&app.store, app.workspace.pane_mut());
    match pane.view_mut() {
        View::Text(text) => text.search(query, height),
        View::Log(log) => log.search(store, query),
        View::Page(page) => page.search(query),
        View::Insights(pane) => pane.search(query),
        View::Explain(pane) => pane.search(query),
        View::Table(_) | View::Overview(_) | View::Metrics(_) | View::Book(_) => {}
    }
}

/// Goes to a moment of the log.
pub(super) fn moment(app: &mut App, text: &str) {
    let View::Log(log) = app.workspace.pane_mut().view_mut() else {
        app.flash(Tone::Problem, ":at is for logs");
        return;
    };
    // As times stand on the screen: in UTC, unless the local time is shown.
    let zone = match log.times {
        Times::Local => app.deeds.zone.clone(),
        Times::Hidden | Times::Utc | Times::Ago => jiff::tz::TimeZone::UTC,
    };
    let newest = log.newest(&app.store).unwrap_or(app.now);
    let gone = parse_moment(text, newest, &zone).and_then(|when| {
        let nanos = when.0.saturating_mul(1_000_000_000);
        log.go_to_time(&app.store, nanos).map_err(str::to_owned)
    });
    if let Err(why) = gone {
        app.flash(Tone::Problem, why);
    }
}

pub(super) fn with_table(app: &mut App, change: impl FnOnce(&mut TableView)) {
    if let View::Table(table) = app.workspace.pane_mut().view_mut() {
        change(table);
    }
}

pub(super) fn with_log(app: &mut App, change: impl FnOnce(&mut crate::ui::panes::log::LogView)) {
    if let View::Log(log) = app.workspace.pane_mut().view_mut() {
        change(log);
    }
}

pub(super) fn with_log_and_store(app: &mut App, change: impl FnOnce(&mut crate::ui::panes::log::LogView, &crate::store::Store)) {
    if let View::Log(log) = app.workspace.pane_mut().view_mut() {
        change(log, &app.store);
    }
}
