//! The plan of a silence: what it will hide now, at which Alertmanagers, until when, and what takes it back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::held::Held;
use super::{Blast, Change, Draft, Found, Plan, Reach, Sight, Weight, Write, word};
use crate::action::silence::{Ends, Hush, LONGEST, Matcher, Silence, SilenceAct, duration};
use crate::action::{Action, Class, Place, Scope, Verb};
use crate::model::{Alert, AlertLabels, AlertState, ObjectRef, Problem, ProblemKind, Time, clean, is_watchdog};
use crate::redact::mask_text;

/// Silences of up to so many minutes are a small change.
const SHORT: u32 = 120;
/// Silences of more alerts than these are not.
const MANY: usize = 20;
/// Alerts that are told one by one.
const FEW: usize = 6;

/// What is sent to one Alertmanager.
#[derive(Clone, Debug, PartialEq)]
pub struct Silencing {
    /// Its number in the configuration.
    pub manager: usize,
    /// By how many seconds its clock is ahead of ours.
    pub ahead: i64,
    pub request: Request,
}

/// The request.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// A new silence, or the one of this id as it is to be.
    Post {
        id: Option<String>,
        /// None: when it is sent.
        starts: Option<String>,
        ends: Ends,
        hush: Hush,
    },
    Expire {
        id: String,
    },
}

impl Silencing {
    /// What it does, in a few words.
    pub fn effect(&self) -> String {
        match &self.request {
            Request::Post { id: None, .. } => "a new silence".to_owned(),
            Request::Post { id: Some(id), .. } => format!("another end of silence {}", short(id)),
            Request::Expire { id } => format!("silence {} ends", short(id)),
        }
    }
}

/// The beginning of an id, by which people know it.
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// A silence as an Alertmanager tells it.
pub fn told(silence: &Value) -> Option<Hush> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let matcher = |value: &Value| {
        use crate::action::silence::How;
        let is_equal = value["isEqual"].as_bool().unwrap_or(true);
        Matcher {
            name: text(&value["name"]),
            how: match (value["isRegex"].as_bool().unwrap_or(false), is_equal) {
                (false, true) => How::Equal,
                (false, false) => How::Unequal,
                (true, true) => How::Fits,
                (true, false) => How::FitsNot,
            },
            value: text(&value["value"]),
        }
    };
    Some(Hush {
        matchers: silence["matchers"].as_array()?.iter().map(matcher).collect(),
        minutes: 0,
        comment: text(&silence["comment"]),
        author: text(&silence["createdBy"]),
    })
}

fn problem(text: impl AsRef<str>) -> Problem {
    Problem::new(ProblemKind::Config, text)
}

/// The plan of a draft.
///
/// # Errors
/// It would hide everything or what shows that alerts arrive, nothing is there to be changed, or no Alertmanager answers.
pub(super) fn make(draft: Draft, found: Found, silence: &Silence, sight: Sight<'_>) -> Result<Plan, Problem> {
    let mut work = Work {
        changes: Vec::new(),
        blast: Blast::default(),
        notes: Vec::new(),
        raised: Vec::new(),
        class: Class::W1,
    };
    let mut answers: Vec<Answered<'_>> = Vec::new();
    let mut silent: Option<Problem> = None;
    for (number, (manager, answer)) in found.objects.iter().enumerate() {
        match answer {
            Ok(value) => answers.push((number, manager, value)),
            Err(why) => {
                work.note(Weight::Warn, format!("{} gets nothing: {}", manager.name, why.text));
                silent = silent.or_else(|| Some(why.clone()));
            }
        }
    }
    if let (true, Some(why)) = (answers.is_empty(), silent) {
        return Err(why);
    }
    let told = match &silence.act {
        SilenceAct::Add(hush) => work.add(hush, &answers, sight)?,
        SilenceAct::Extend { ids, ends } => work.extend(ids, *ends, &answers, sight.now)?,
        SilenceAct::Expire { ids } => work.expire(ids, &answers, sight.now)?,
    };
    Ok(Plan {
        title: told.title,
        verb: word(&draft.action.verb),
        changes: work.changes,
        number: told.number,
        effect: clean(&told.effect).into_owned(),
        class: work.class.max(draft.least.unwrap_or(Class::R)),
        blast: work.blast,
        notes: work.notes,
        rights: Vec::new(),
        inverse: told.inverse.map(|act| action(silence.at.clone(), act)),
        raised: work.raised,
        offer: None,
        made: found.at,
        action: draft.action.clone(),
        draft,
    })
}

/// The action on the Alertmanagers of these URLs.
pub fn action(at: Vec<String>, act: SilenceAct) -> Action {
    Action {
        place: Place {
            context: None,
            scope: Scope::Current,
        },
        verb: Verb::Silence(Box::new(Silence { at, act })),
    }
}

/// An Alertmanager by its number in the configuration, and what it answered.
type Answered<'a> = (usize, &'a ObjectRef, &'a Value);

struct Told {
    title: String,
    effect: String,
    number: Option<String>,
    inverse: Result<SilenceAct, &'static str>,
}

struct Work {
    changes: Vec<Change>,
    blast: Blast,
    notes: Vec<Reach>,
    raised: Vec<String>,
    class: Class,
}

impl Work {
    fn note(&mut self, weight: Weight, text: String) {
        let text = mask_text(&clean(&text)).into_owned();
        self.notes.push(Reach::new(weight, text));
    }

    fn change(&mut self, (number, manager, answer): Answered<'_>, request: Request) {
        let silencing = Silencing {
            manager: number,
            ahead: answer["ahead"].as_i64().unwrap_or(0),
            request,
        };
        self.changes.push(Change {
            object: manager.clone(),
            uid: String::new(),
            steps: Vec::new(),
            remark: Some(Reach::new(Weight::Plain, silencing.effect())),
            write: Write::Held(Box::new(Held::Silence(silencing))),
            owner: None,
        });
    }

    fn add(&mut self, hush: &Hush, answers: &[Answered<'_>], sight: Sight<'_>) -> Result<Told, Problem> {
        check(hush)?;
        let mut hidden: BTreeMap<String, AlertLabels> = BTreeMap::new();
        for (_, _, answer) in answers {
            for alert in answer["alerts"].as_array().into_iter().flatten() {
                let labels = labels(&alert["labels"]);
                hidden.insert(identity(&labels), labels);
            }
        }
        if hidden.values().any(|labels| is_watchdog(labels.get("alertname"))) {
            return Err(problem("it would silence the alert that shows that alerts arrive").hint("name the alert that is meant"));
        }
        let pending =
            |alert: &&Alert| alert.state == AlertState::Pending && hush.matchers.iter().all(|matcher| matcher.fits(&alert.labels));
        let pending = sight.seen.alerts.all().iter().filter(pending).count();
        let count = hidden.len();
        let (weight, text) = match count {
            0 => (Weight::Warn, "no alert that is active now fits: it hides what comes".to_owned()),
            1 => (Weight::Plain, "1 alert that is active now".to_owned()),
            n => (Weight::Plain, format!("{n} alerts that are active now")),
        };
        self.blast.say(weight, text);
        for labels in hidden.values().take(FEW) {
            let object = sight
                .seen
                .spoken(labels)
                .map(|object| format!(" · {}", object.label()))
                .unwrap_or_default();
            let severity = labels.get("severity");
            self.blast
                .say(Weight::Plain, format!("{} {severity}{object}", labels.get("alertname")));
        }
        if count > FEW {
            self.blast.say(Weight::Plain, format!("and {} more", count - FEW));
        }
        if pending > 0 {
            self.blast.say(Weight::Plain, format!("{pending} pending"));
        }
        self.note(Weight::Plain, format!("fits {}", told_matchers(&hush.matchers)));
        self.note(Weight::Plain, format!("{}, by {}", hush.comment, hush.author));
        self.note(Weight::Plain, format!("ends at about {}", sight.now + i64::from(hush.minutes) * 60));
        if !hush
            .matchers
            .iter()
            .any(|matcher| matcher.name == "alertname" && !matcher.is_idle())
        {
            self.raised.push("it names no alert: whatever fits is hidden".into());
        }
        if hush.minutes > SHORT || count > MANY {
            self.class = Class::W2;
        }
        for answer in self.one_of_each(answers) {
            let request = Request::Post {
                id: None,
                starts: None,
                ends: Ends::In(hush.minutes),
                hush: hush.clone(),
            };
            self.change(answer, request);
        }
        let name = hush.matchers.iter().find(|matcher| matcher.name == "alertname");
        let hides = match count {
            1 => "1 active alert is".to_owned(),
            n => format!("{n} active alerts are"),
        };
        Ok(Told {
            title: format!("silence {}", name.map_or("alerts", |matcher| &matcher.value)),
            effect: format!("{hides} silenced for {} minutes, and what else fits", hush.minutes),
            number: Some(hush.minutes.to_string()),
            // Its id is known once it is there.
            inverse: Ok(SilenceAct::Expire { ids: vec!["ID".into()] }),
        })
    }

    fn extend(&mut self, ids: &[String], ends: Ends, answers: &[Answered<'_>], now: Time) -> Result<Told, Problem> {
        let minutes = match ends {
            Ends::In(minutes) => minutes,
            Ends::At(time) if time.0 <= now.0 => return Err(problem("that moment is over").hint("ctrl-d ends the silence")),
            Ends::At(time) => u32::try_from((time.0 - now.0 + 59) / 60).unwrap_or(LONGEST),
        };
        let all = self.standing(ids, answers)?;
        let before: Vec<Time> = all.iter().map(|(_, silence)| Time::parse(text(&silence["endsAt"]))).collect();
        for (answer, silence) in &all {
            let Some(hush) = told(silence) else { continue };
            self.note(Weight::Plain, format!("fits {}", told_matchers(&hush.matchers)));
            let request = Request::Post {
                id: Some(text(&silence["id"]).to_owned()),
                starts: Some(text(&silence["startsAt"]).to_owned()),
                ends,
                hush,
            };
            self.change(*answer, request);
        }
        self.notes.dedup();
        if minutes > SHORT {
            self.class = Class::W2;
        }
        let first = before.iter().min().copied().unwrap_or(Time::NEVER);
        let is_same_end = before.iter().all(|end| *end == first);
        Ok(Told {
            title: format!("extend silence {}", ids.first().map_or("", |id| short(id))),
            effect: format!("it ends in {minutes} minutes, not at {first}"),
            number: Some(minutes.to_string()),
            inverse: match is_same_end {
                true => Ok(SilenceAct::Extend {
                    ids: ids.to_vec(),
                    ends: Ends::At(first),
                }),
                false => Err("they ended at several moments: each is put back alone"),
            },
        })
    }

    fn expire(&mut self, ids: &[String], answers: &[Answered<'_>], now: Time) -> Result<Told, Problem> {
        let all = self.standing(ids, answers)?;
        let mut again: Option<Result<SilenceAct, &'static str>> = None;
        for (answer, silence) in &all {
            let Some(mut hush) = told(silence) else { continue };
            self.note(Weight::Plain, format!("fits {}", told_matchers(&hush.matchers)));
            self.note(
                Weight::Plain,
                format!("{}, by {}, until {}", hush.comment, hush.author, text(&silence["endsAt"])),
            );
            let left = (Time::parse(text(&silence["endsAt"])).0 - now.0 + 59) / 60;
            hush.minutes = u32::try_from(left).unwrap_or(1).clamp(1, LONGEST);
            let new = SilenceAct::Add(hush);
            again = match again {
                None => Some(Ok(new)),
                Some(Ok(before)) if before == new => Some(Ok(before)),
                Some(_) => Some(Err("several silences end: each is made again alone")),
            };
            let id = text(&silence["id"]).to_owned();
            self.change(*answer, Request::Expire { id });
        }
        self.notes.dedup();
        self.blast.say(Weight::Plain, "what still fires notifies again");
        Ok(Told {
            title: format!("end silence {}", ids.first().map_or("", |id| short(id))),
            effect: match all.len() {
                1 => "1 silence ends now".to_owned(),
                n => format!("{n} silences end now"),
            },
            number: None,
            inverse: again.unwrap_or(Err("nothing ends")),
        })
    }

    /// Of Alertmanagers that keep their silences together, one; of the others each. Two that name a peer in common
    /// do so.
    fn one_of_each<'a>(&mut self, answers: &[Answered<'a>]) -> Vec<Answered<'a>> {
        let peers = |answer: &Value| -> Vec<String> {
            let all = answer["peers"].as_array().into_iter().flatten();
            all.filter_map(|peer| peer.as_str().map(str::to_owned)).collect()
        };
        let mut told: Vec<(Answered<'a>, Vec<String>)> = Vec::new();
        let mut shared: Vec<(String, String)> = Vec::new();
        for answer in answers {
            let own = peers(answer.2);
            match told.iter().find(|(_, peers)| peers.iter().any(|peer| own.contains(peer))) {
                Some((first, _)) => shared.push((answer.1.name.to_string(), first.1.name.to_string())),
                None => told.push((*answer, own)),
            }
        }
        for (name, first) in shared {
            self.note(
                Weight::Plain,
                format!("{name} is told by {first}: they keep their silences together"),
            );
        }
        told.into_iter().map(|(answer, _)| answer).collect()
    }

    /// Those of the silences that are not over, with who has them: one that several have is one that they keep together,
    /// and the first of them is told.
    fn standing<'a>(&self, ids: &[String], answers: &[Answered<'a>]) -> Result<Vec<(Answered<'a>, &'a Value)>, Problem> {
        let mut all = Vec::new();
        for answer in answers {
            let silences = answer.2["silences"].as_array().into_iter().flatten();
            let is_meant = |silence: &&Value| {
                silence["status"]["state"] != "expired" && ids.iter().any(|id| silence["id"].as_str() == Some(id.as_str()))
            };
            for silence in silences.filter(is_meant) {
                if !all.iter().any(|(_, known): &(_, &Value)| known["id"] == silence["id"]) {
                    all.push((*answer, silence));
                }
            }
        }
        match all.is_empty() {
            true => Err(problem("no such silence stands any more: nothing would change")),
            false => Ok(all),
        }
    }
}

/// What is no silence, whatever fires.
///
/// # Errors
/// It would hide everything, or what shows that alerts arrive; or it does not say why, or for how long.
pub fn check(hush: &Hush) -> Result<(), Problem> {
    if hush.comment.trim().is_empty() {
        return Err(problem("a silence says why it is there").hint("as in :silence 30m alertname=HighLatency the fix is being deployed"));
    }
    if hush.matchers.iter().all(Matcher::is_idle) {
        return Err(problem("it would silence everything").hint("name at least one label: alertname=HighLatency"));
    }
    if let Some(bad) = hush
        .matchers
        .iter()
        .find(|m| m.how.is_regex() && regex::Regex::new(&m.value).is_err())
    {
        return Err(problem(format!("{bad} is no regular expression")));
    }
    if hush.minutes == 0 || hush.minutes > LONGEST {
        return Err(problem(format!("a silence lasts between 1m and {}", duration(LONGEST))));
    }
    let names_watchdog = |matcher: &Matcher| matcher.name == "alertname" && matcher.how.is_positive() && is_watchdog(&matcher.value);
    match hush.matchers.iter().any(names_watchdog) {
        true => Err(problem(
            "this alert always fires, to show that alerts arrive: it is not silenced from here",
        )),
        false => Ok(()),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn told_matchers(matchers: &[Matcher]) -> String {
    matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn labels(value: &Value) -> AlertLabels {
    let pairs = value.as_object().into_iter().flatten();
    pairs
        .filter_map(|(name, value)| Some((clean(name).into(), clean(value.as_str()?).into())))
        .collect()
}

fn identity(labels: &AlertLabels) -> String {
    labels.iter().map(|(name, value)| format!("{name}={value}\u{1}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Kind;

    #[test]
    fn of_those_that_keep_their_silences_together_one_is_told() {
        let manager = |name: &str| ObjectRef {
            kind: Kind::of("", "alertmanagers"),
            namespace: "".into(),
            name: name.into(),
        };
        let names = ["am-1", "am-2", "alone", "quiet"].map(manager);
        let answers = [
            json!({"peers": ["01A", "01B"]}),
            // It does not know of the third yet; what they have in common is enough.
            json!({"peers": ["01B", "01C"]}),
            json!({"peers": ["01Z"]}),
            json!({}),
        ];
        let answers: Vec<(usize, &ObjectRef, &Value)> = (0..)
            .zip(names.iter().zip(&answers))
            .map(|(number, (name, answer))| (number, name, answer))
            .collect();
        let mut work = Work {
            changes: Vec::new(),
            blast: Blast::default(),
            notes: Vec::new(),
            raised: Vec::new(),
            class: Class::W1,
        };
        let told: Vec<&str> = work.one_of_each(&answers).into_iter().map(|(_, name, _)| &*name.name).collect();
        assert_eq!(told, ["am-1", "alone", "quiet"]);
        let said: Vec<&str> = work.notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(said, ["am-2 is told by am-1: they keep their silences together"]);
    }

    #[test]
    fn a_silence_that_several_have_is_changed_once() {
        let manager = ObjectRef {
            kind: Kind::of("", "alertmanagers"),
            namespace: "".into(),
            name: "am".into(),
        };
        let silence = json!({"id": "s1", "status": {"state": "active"}, "matchers": []});
        let other = json!({"id": "s2", "status": {"state": "active"}, "matchers": []});
        let (first, second) = (json!({"silences": [silence]}), json!({"silences": [silence, other]}));
        let work = Work {
            changes: Vec::new(),
            blast: Blast::default(),
            notes: Vec::new(),
            raised: Vec::new(),
            class: Class::W1,
        };
        let answers = [(0, &manager, &first), (1, &manager, &second)];
        let standing = work.standing(&["s1".into(), "s2".into()], &answers).unwrap();
        let at: Vec<(usize, &str)> = standing
            .iter()
            .map(|((number, ..), silence)| (*number, text(&silence["id"])))
            .collect();
        assert_eq!(at, [(0, "s1"), (1, "s2")]);
    }
}
