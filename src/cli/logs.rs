//! `qd logs`: the merged stream of what a query means, printed; for pipes, files and scripts.
//!
//! It reads as the cockpit does, by the same sources, and prints each line once, in the order of time: a line is held
//! back only until every stream that might still bring an earlier one has said more, or has nothing more to say.

mod merge;
mod near;
mod print;
mod unmasked;
mod window;

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use self::merge::Merge;
use self::print::{Printer, place_of};
use self::window::Window;
use super::{Logs, Place};
use crate::config::{Config, Loaded};
use crate::ledger::audit::Audit;
use crate::model::{Demand, EnvId, Fact, Link, LogFact, LogFrom, LogQuery, Namespaces, Pick, Problem, ProblemKind, Seen, Stream, Time};
use crate::reading::Pattern;
use crate::source::Sources;
use crate::store::clouds::{self, Use};
use crate::store::streams::{self, Picker};
use crate::store::{Book, FeedState, Store};

/// Facts that may wait; when they are this many, the sources wait, too.
const FACTS: usize = 256;
/// How long a cluster may take until it has told which pods there are.
const PATIENCE: Duration = Duration::from_secs(15);
/// While it follows: how long a line waits for earlier ones of other streams.
const LINGER: Duration = Duration::from_millis(700);

/// Reads and prints.
///
/// # Errors
/// What was asked for makes no sense, or nothing can be reached.
pub fn run(wanted: &Logs, loaded: &Loaded, place: &Place, audit: &Audit, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Problem::new(ProblemKind::Server, format!("cannot start: {error}")))?;
    let config = loaded.config.clone();
    let env = EnvId(u16::try_from(config.default_environment).unwrap_or_default());
    let query = query(wanted, &config, env, place)?;
    let grep = match &wanted.grep {
        Some(text) => Some(Pattern::parse(text).map_err(|fault| usage(&format!("--grep: {}", fault.text)))?),
        None => None,
    };
    if wanted.no_redact {
        if super::present::is_shared() {
            let problem = Problem::new(ProblemKind::Denied, "--no-redact: not while others look on (--screen-share)");
            return Err(problem.hint("secrets are never shown on a shared screen"));
        }
        unmasked::permit(&config, env, &query)?;
        unmasked::record(audit, &config, env, &query)?;
    }
    let printer = Printer::new(wanted.output, wanted.timestamps, grep);
    let ended = runtime.block_on(Reader::new(Arc::new(config), env, query, wanted, printer).run(out));
    // A plugin or a resolver that hangs must not keep what was read back.
    runtime.shutdown_background();
    ended
}

fn usage(text: &str) -> Problem {
    Problem::new(ProblemKind::Config, text).hint("`qd logs --help` shows what can be said")
}

/// What the arguments mean.
fn query(wanted: &Logs, config: &Config, env: EnvId, place: &Place) -> Result<LogQuery, Problem> {
    let home = config.environments.get(usize::from(env.0)).map_or(Namespaces::All, |e| e.home());
    let namespaces = match (&place.within.namespace, place.within.all_namespaces) {
        (_, true) => Namespaces::All,
        (Some(names), _) => Namespaces::Some(names.split(',').map(Into::into).collect()),
        (None, false) => home,
    };
    let mut words = wanted.query.join(" ");
    match wanted.source.as_deref() {
        None | Some("pod") => {}
        Some(source) if source.starts_with("cloudwatch:") => words = format!("{source} {words}"),
        Some(source) => return Err(usage(&format!("--source {source}: pod or cloudwatch:GROUP is meant"))),
    }
    if let Some(file) = &wanted.file {
        words = format!("file:{file} {words}");
    }
    let mut query = LogQuery::parse(&words, namespaces).map_err(|problem| usage(&problem))?;
    query.previous = wanted.previous;
    query.from = match (wanted.since, wanted.tail) {
        (Some(since), _) => LogFrom::Since(u32::try_from(since.as_secs()).unwrap_or(u32::MAX)),
        (None, Some(lines)) => LogFrom::Tail(lines),
        (None, None) => LogFrom::Start,
    };
    Ok(query)
}

/// Reads what a query means, until it has ended.
struct Reader {
    env: EnvId,
    query: LogQuery,
    picker: Picker,
    follow: bool,
    store: Store,
    sources: Sources,
    news: mpsc::Receiver<Fact>,
    /// The streams that were taken in; no line is kept in it.
    taken: Book,
    asked: HashSet<Demand>,
    merge: Merge,
    /// How much of files is wanted; the cluster cuts its logs itself.
    window: Window,
    printer: Printer,
    failed: HashMap<Stream, Problem>,
    /// What has not been started.
    waiting: HashMap<Stream, Problem>,
    gone: streams::Gone,
    opened: Time,
}

impl Reader {
    fn new(config: Arc<Config>, env: EnvId, query: LogQuery, wanted: &Logs, printer: Printer) -> Self {
        let follow = wanted.follow;
        let (tell, news) = mpsc::channel(FACTS);
        let sources = Sources::new(config.clone(), tell);
        let sources = if wanted.no_redact { sources.unmasked() } else { sources };
        let mut store = Store::new(config.environments.len());
        if let Some(environment) = config.environments.get(usize::from(env.0)) {
            store.set_clouds(env, environment.clouds());
        }
        Self {
            env,
            picker: Picker::new(&query),
            window: Window::new(query.from, follow, now()),
            query,
            follow,
            store,
            sources: if follow { sources.reading_whole() } else { sources.reading_once() },
            news,
            taken: Book::default(),
            asked: HashSet::new(),
            merge: Merge::default(),
            printer,
            failed: HashMap::new(),
            waiting: HashMap::new(),
            gone: streams::Gone::default(),
            opened: now(),
        }
    }

    async fn run(mut self, out: &mut impl Write) -> Result<ExitCode, Problem> {
        let deadline = Instant::now() + PATIENCE;
        let mut batch = Vec::new();
        loop {
            let listed = self.attach()?;
            if listed && self.taken.streams().next().is_none() && !self.follow {
                return Err(self.nothing());
            }
            if listed && !self.follow && self.merge.is_over() {
                break;
            }
            if !listed && Instant::now() >= deadline {
                return Err(self.unreachable());
            }
            let wait = if listed { LINGER } else { Duration::from_millis(200) };
            match tokio::time::timeout(wait, self.news.recv_many(&mut batch, FACTS)).await {
                Ok(0) => break,
                Ok(_) => batch.drain(..).for_each(|fact| self.take(fact)),
                // Nothing came for a moment: what waits only for earlier lines waits for nothing.
                Err(_) if self.follow => self.merge.release(),
                Err(_) => {}
            }
            if !self.print(out)? || self.follow && is_left() {
                return Ok(ExitCode::SUCCESS);
            }
        }
        self.merge.release();
        self.print(out)?;
        let waiting = self.waiting.iter().filter(|_| !self.follow);
        let unread = self.failed.iter().chain(waiting);
        let mut problems: Vec<Problem> = unread.map(|(stream, problem)| about(stream, problem)).collect();
        problems.sort_by(|a, b| a.text.cmp(&b.text));
        problems.iter().for_each(super::report::warn);
        // What has not been started has no log, which is no failure beside others that have one.
        let nothing = !self.follow && self.waiting.len() == self.taken.streams().count();
        let bad = !self.failed.is_empty() || nothing;
        Ok(ExitCode::from(if bad { super::FINDINGS } else { 0 }))
    }

    /// Takes in what the query means now. Whether it is known which streams there are.
    fn attach(&mut self) -> Result<bool, Problem> {
        if let Some(seen) = self.store.env(self.env) {
            let feeds = streams::feeds(self.env, &self.query, seen);
            let denied = feeds.iter().find_map(|demand| match demand {
                Demand::Feed(_, key) => match seen.feed(key).map(|feed| &feed.state) {
                    Some(FeedState::Denied(problem)) if self.query.single_pod().is_none() => Some(problem.clone()),
                    _ => None,
                },
                _ => None,
            });
            if let Some(problem) = denied {
                return Err(problem);
            }
            let known = |demand: &Demand| match demand {
                Demand::Feed(_, key) => seen
                    .feed(key)
                    .is_some_and(|feed| feed.complete || matches!(feed.state, FeedState::Denied(_))),
                Demand::LogGroups(..) => !self.query.groups().any(|group| clouds::find(group, Use::Followed, seen).waiting),
                _ => true,
            };
            let listed = feeds.iter().all(known);
            let before = self.taken.sources().len();
            let meant = streams::attach(&mut self.taken, &self.query, &self.picker, seen, self.opened, &mut self.gone);
            if meant > self.taken.sources().len() && before == 0 {
                let text = format!("{meant} streams fit, which is more than the {} that are read", streams::MOST);
                super::report::warn(&Problem::new(ProblemKind::Config, text).hint("narrow it down: -n, a name, c:CONTAINER, !PATTERN"));
            }
            let streams: Vec<Stream> = self.taken.streams().cloned().collect();
            streams.iter().for_each(|stream| self.merge.expect(stream));
            let demands = feeds
                .into_iter()
                .chain(streams.into_iter().map(|stream| Demand::Log(self.env, stream)));
            for demand in demands {
                if self.asked.insert(demand.clone()) {
                    if !matches!(demand, Demand::Log(..)) {
                        self.store.expect(&demand);
                    }
                    self.sources.start(demand);
                }
            }
            return Ok(listed);
        }
        Ok(false)
    }

    fn take(&mut self, fact: Fact) {
        match fact.seen {
            Seen::Log(stream, news) => {
                match &news {
                    LogFact::Failed(problem) if !self.is_extra(&stream, problem) => {
                        self.failed.insert(stream.clone(), problem.clone());
                    }
                    LogFact::Waiting(problem) => {
                        let before = self.waiting.insert(stream.clone(), problem.clone());
                        if self.follow && before.as_ref() != Some(problem) {
                            super::report::warn(&about(&stream, problem));
                        }
                    }
                    LogFact::Retrying { problem, .. } if self.follow => super::report::warn(&about(&stream, problem)),
                    _ => {}
                }
                let news = match news {
                    // All that a group holds has come.
                    LogFact::Following if !self.follow && matches!(stream, Stream::Group(_)) => LogFact::Ended,
                    news => news,
                };
                for news in self.window.cut(&stream, news) {
                    self.merge.take(&stream, news);
                }
            }
            _ => self.store.apply(fact),
        }
    }

    /// Whether it is the run before, that nobody asked for, and that is not there.
    fn is_extra(&self, stream: &Stream, problem: &Problem) -> bool {
        let before = matches!(stream, Stream::Container(key) if key.previous);
        before && !self.query.previous && problem.kind == ProblemKind::NotFound
    }

    /// Prints what can be printed. `false`: nobody reads any more.
    fn print(&mut self, out: &mut impl Write) -> Result<bool, Problem> {
        let several = self.merge.streams() > 1;
        while let Some(entry) = self.merge.next() {
            if let Err(error) = self.printer.print(&entry, several, out) {
                return closed(&error);
            }
        }
        match out.flush() {
            Ok(()) => Ok(true),
            Err(error) => closed(&error),
        }
    }

    fn nothing(&self) -> Problem {
        if let Some(problem) = self.store.env(self.env).and_then(|seen| clouds::problem(&self.query, seen)) {
            return problem;
        }
        let problem = Problem::new(ProblemKind::NotFound, format!("no pod or container fits {}", self.query.title()));
        match self.store.env(self.env).and_then(|seen| near::names(&self.query, seen)) {
            Some(near) => problem.hint(format!("did you mean {near}?")),
            None => problem,
        }
    }

    fn unreachable(&self) -> Problem {
        match self.store.env(self.env).map(|seen| &seen.link) {
            Some(Link::Lost { problem, .. }) => problem.clone(),
            _ => Problem::new(ProblemKind::TimedOut, format!("no answer within {} s", PATIENCE.as_secs())),
        }
    }
}

/// The problem, and whose it is.
fn about(stream: &Stream, problem: &Problem) -> Problem {
    match stream {
        // Their own sentence names them.
        Stream::File(_) => problem.clone(),
        _ => Problem::new(problem.kind, format!("{}: {}", place_of(stream), problem.text)).hint(&*problem.hint),
    }
}

/// Whether whoever read standard output has gone. A log that is silent would not notice until its next line.
fn is_left() -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    let out = rustix::stdio::stdout();
    let mut asked = [PollFd::new(&out, PollFlags::empty())];
    let at_once = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut asked, Some(&at_once)).is_ok_and(|count| count > 0) && asked[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// A reader that has seen enough is no failure.
fn closed(error: &std::io::Error) -> Result<bool, Problem> {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return Ok(false);
    }
    Err(Problem::new(ProblemKind::Server, format!("cannot write: {error}")))
}

/// Whether only files are read: then no configuration is needed.
pub fn is_about_files(wanted: &Logs) -> bool {
    wanted.file.is_some() && wanted.query.is_empty() && wanted.source.is_none()
        || !wanted.query.is_empty() && wanted.query.iter().all(|word| word.starts_with("file:"))
}

/// What `qd view` opens.
pub fn files(paths: &[String]) -> LogQuery {
    let picks = paths.iter().map(|path| Pick::File(path.as_str().into())).collect();
    let mut query = LogQuery::of(Namespaces::All, picks);
    query.from = LogFrom::Start;
    query
}

fn now() -> Time {
    Time(jiff::Timestamp::now().as_second())
}
