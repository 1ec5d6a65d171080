//! quarterdeck: the terminal cockpit for the engineer on call. This page is the map of the house.
//!
//! # The flow of data
//!
//! ```text
//!   OUTSIDE               IO WING (async; may fail)                 PURE HOUSE (no clock, no disk, no await)
//!  Kubernetes ◄──► source/kube ──(clean, redact)──► Fact ─┐
//!  CloudWatch ◄──► source/cloudwatch ─────(the same) ─────┤
//!  Prometheus ◄──► source/prometheus ──────────(clean) ────┤
//!  services   ◄──► source/health ─────────(the same) ─────┤
//!  Prometheus, Alertmanager ◄──► source/alertmanager ─────┤
//!  terminal   ───► runtime/input ──► Key, Paste, Resize ──┤ bounded   app::update(&mut App, Msg) → Vec<Effect>
//!  clock      ───► runtime ────────► Tick(now) ───────────┤ channel     store.apply(Fact)
//!  signals    ───► runtime ────────► End ─────────────────┤             panes: selection, filter, scroll
//!                                                         ▼           app.settle() → findings, demands, orders
//!                        runtime: take what is there, update, ≤ 1 frame
//!                          │                        │                 ui::draw(&App, &Look, &mut Frame)
//!                  Effect ─▼─ runtime/driver ─► execute (Confirmed → audit, request, audit) ─► News
//!     start/stop feeds, copy, save, login      one write, inside a synchronized update, only if a cell changed
//! ```
//!
//! The app says what it needs to be told ([`model::Demand`]); it is computed from what is on the screen, compared
//! with what runs, and the difference becomes effects. Nobody starts or stops a watch by hand, so nothing is
//! watched twice and nothing is watched that nobody looks at.
//!
//! # The rooms
//!
//! | room | what it is | knows |
//! |---|---|---|
//! | [`model`] | plain data: kinds, objects, facts, demands, problems; how an object's health reads | nothing |
//! | [`redact`] | secrets in text and documents, masked on the way in; identifiers, covered where they are shown while others look on | nothing |
//! | [`reading`] | what a log line says: level, time, fields, ids, what it goes on with, what it is one of; pure | model, redact |
//! | [`config`] | the user's TOML, in layers: flag > environment variable > file > kubeconfig | model |
//! | [`store`] | the world as last seen: feeds, logs, documents, metrics, health, freshness, the counts of an environment | model, reading |
//! | [`diagnosis`] | what is wrong, since when, why, and what changed before: one small check a file, one table of them; pure | model, store, reading |
//! | [`action`] | what can be done to the world, as a value: kubectl's line, read and printed; forwards; the plan of it, what the guard asks, whether it helped; pure | model, store, config |
//! | [`runbook`] | Markdown pages as steps: what each line does, what is wrong with a page, which page helps, a walk as a state machine; pure | model, config (names), store's objects, diagnosis (its checks), action (grammar) |
//! | [`execute`] | the only room that changes the world, from confirmed plans alone; also reads what a plan needs and what a step of a runbook asks, holds sessions in containers and programs of this machine, keeps port-forwards | model, action, ledger's audit and recordings, source's connections |
//! | [`app`] | `App`, `Msg`, `Effect`, the table of commands, keys, palette, demands, session, flight recorder, the runbook that is walked; `update` | model, config, store, diagnosis, runbook, ui's panes |
//! | [`ui`] | `theme`, `widgets` (know nothing of Kubernetes), `panes` (state, update and draw of one view together), `overlays` | all of the above, to read |
//! | [`source`] | one task per feed, world → fact: links, lists and watches, documents, logs (of pods, files and CloudWatch), metrics, values of a Prometheus, health probes, runbooks of directories; the way to an HTTP endpoint | model, config, redact, reading, runbook |
//! | [`ledger`] | files that outlive the program: the audit, session, evidence, recordings, saved forwards, exports, the last copy, walks and trusted runbooks | model, app's session, runbook |
//! | [`runtime`] | the loop, and the one without a screen, the frame gate, the terminal and its custody (lent to sessions, logins, the user's editor), signals, the driver of effects | all |
//! | [`sim`] | the simulated platform: a deterministic world, and the APIs of a real one on loopback | model, config (faults in files) |
//! | [`cli`] | flags and the commands that need no screen (`qd triage`, `qd logs`, `qd forward`, `qd policy`, `qd runbook`, `qd audit`); whoever walks a runbook in lines | config, source, store, diagnosis, reading, action, execute, ledger, sim; app, through `runtime/lines` |
//!
//! The cockpit does not know [`sim`]: `qd demo` starts it, writes a configuration that leads to it, and opens the cockpit over that.
//!
//! # Invariants
//!
//! 1. Only `source`, `ledger`, `runtime`, `cli`, the faces of `sim` and the reading half of `config` touch network, disk, environment,
//!    clock and standard output. Held by `clippy.toml`: the calls are disallowed, those rooms allow them below.
//! 2. `update` never waits; `draw` takes `&App`; time arrives as `Msg::Tick`.
//! 3. Only [`execute`] changes the world, only from an [`action::guard::Confirmed`], which only the guard makes. A key, a typed
//!    line, marked rows and undo go the same way: draft, plan, dry run, guard, question, audit, one request, audit, verdict.
//!    So do forwards, copies, sessions and programs of this machine, which are held for a while ([`action::plan::Held`]).
//!    So do silences, whose line is amtool's; each Alertmanager gets its one request ([`action::silence`]).
//!    A port-forward of `qd forward` has no plan: it asks what [`action::guard::forward`] says, and the audit has it as well.
//!    With `--read-only` the hands are not made; a test presses every key and compares what left the process with [`source::allowed`].
//! 4. A key, its name, its help text and its availability stand in exactly one row of [`app::COMMANDS`]; dispatch,
//!    footer, help, palette and the configuration's `[keys]` read it. Its tests hold that no key means two things.
//! 5. A failing source makes its panes say since when, what and what to do, and nothing else; only errors before
//!    the terminal is taken end the program.
//! 6. All channels and buffers are bounded; what is dropped is counted and shown where the user looks.
//! 7. Colours and glyphs are named only in [`ui::theme`]; every cue has a word or a sign beside its colour.
//! 8. Text from outside passes [`model::clean`] before it enters the store, so that no control sequence reaches the
//!    terminal; secret values pass [`redact`] in the source, so that none reaches the store.
//!
//! # Where does my line go?
//!
//! | I have … | it goes to |
//! |---|---|
//! | a new field of an object | [`model`]; filled in `source/kube/raw`; shown by a column in `ui/panes/table/columns` |
//! | a new thing the user can do | a variant and a row in `app/command.rs`; an arm in `app/update` |
//! | a key that needs a right of the cluster | its row in `app/rights`, and what the right is in `action/plan/right` |
//! | something else to be told about | a [`model::Demand`], its `Fact`, its task in [`source`] |
//! | a rule that colours a row | `model/health.rs` |
//! | a rule that says something is wrong | a file in `diagnosis/checks`, its row in the table; the recipe is in [`diagnosis`] |
//! | a change worth telling | `store/delta` (seen happening), `diagnosis/changes` (still remembered by the cluster) |
//! | a way in which programs write their logs | a file in [`reading`] and a row in the table of its tests |
//! | a shape of a secret | `redact/patterns.rs`, and its sign in `redact/triggers.rs` |
//! | a colour or a sign | `ui/theme` and `themes/*.toml` |
//! | a panel | `assets/panels.toml`, or the user's `[[panel]]`; a way to draw one: `ui/panes/metrics` |
//! | an API that the program reads | its face in [`sim`], in the same change |
//! | something that can go wrong | a file in `assets/scenarios`, with its cures |
//! | something that a health probe may be told | [`config::probe`], its check in `source/health`, `assets/solia.toml` |
//! | a reading line that a runbook's step may run | `execute/ask`; where what came leads, `app/books` |
//! | what a walk in plain lines tells, or a word that is typed there | `cli/runbook/talk` |
//! | something that one can stand on when a page is looked for | `app/books/standing` |
//! | a runbook, a rule for runbooks, a sign that one helps | `runbooks/*.md` and `runbook/library/built_in.rs`; [`runbook`]; its table says where |
//! | a label by which applications name themselves | `store/spoken.rs`: what an alert speaks of |
//! | a verb or a flag of kubectl | [`action`]; its table says where |
//! | a retry, a timeout, a header | the source's client or its feed; for HTTP endpoints `config/access` and `source/http/door` |

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::disallowed_methods))]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::todo, clippy::unimplemented))]

pub mod action;
pub mod app;
#[allow(clippy::disallowed_methods)]
pub mod cli;
pub mod config;
pub mod diagnosis;
#[allow(clippy::disallowed_methods)]
pub mod execute;
#[allow(clippy::disallowed_methods)]
pub mod ledger;
pub mod model;
pub mod reading;
pub mod redact;
pub mod runbook;
#[allow(clippy::disallowed_methods)]
pub mod runtime;
pub mod sim;
#[allow(clippy::disallowed_methods)]
pub mod source;
pub mod store;
pub mod ui;
