//! Whole objects: `get -o …`, and what is described.

use serde_json::{Value, json};

use super::{collection, harmless, jsonpath, kind, not_here, refused, shown, text, well};
use crate::action::ask::Heard;
use crate::action::{Get, Output, Target, Which, Word};
use crate::execute::{path, prepare, send};
use crate::model::{Kind, Known, ObjectRef, Problem, ProblemKind};
use crate::source::kube::Api;

/// Objects that are described or shown at once.
const MOST: usize = 20;

/// `get -o json|yaml|name|jsonpath=…`.
pub async fn get(api: &Api, get: &Get, namespace: &str) -> Result<Heard, Problem> {
    let objects = match objects(api, &get.target, namespace).await {
        Ok(objects) => objects,
        Err(problem) if get.ignore_not_found && problem.kind == ProblemKind::NotFound => Vec::new(),
        Err(problem) => return refused(&problem),
    };
    let one = matches!(get.target, Target::Named(ref refs) if refs.len() == 1);
    match &get.output {
        Some(Output::Name) => {
            let line = |(object, _): &(ObjectRef, Value)| format!("{}/{}\n", object.kind.resource(), object.name);
            Ok(well(objects.iter().map(line).collect()))
        }
        Some(Output::Yaml) => Ok(Heard {
            objects: objects.into_iter().take(MOST).collect(),
            ..well(String::new())
        }),
        Some(Output::Json) => {
            let text = serde_json::to_string_pretty(&document(objects, one)).unwrap_or_default();
            Ok(well(shown(text.as_bytes())))
        }
        Some(Output::Other(word)) => {
            let output = text(word)?;
            let Some(template) = output.strip_prefix("jsonpath=") else {
                let name = output.split('=').next().unwrap_or_default();
                return Err(not_here(&format!("-o {name}")));
            };
            let written = jsonpath::write(template, &document(objects, one));
            let written = written.map_err(|why| Problem::new(ProblemKind::Config, format!("{template}: {why}")))?;
            Ok(well(shown(written.as_bytes())))
        }
        Some(Output::Wide) | None => Err(not_here("this output")),
    }
}

/// One object is itself, several are a list: as kubectl has it.
fn document(objects: Vec<(ObjectRef, Value)>, one: bool) -> Value {
    let mut values: Vec<Value> = objects.into_iter().map(|(_, value)| value).collect();
    match (one, values.len()) {
        (true, 1) => values.remove(0),
        _ => json!({"apiVersion": "v1", "kind": "List", "items": values}),
    }
}

/// What is described: the objects, and the events about them. The words are found by whoever draws.
pub async fn describe(api: &Api, target: &Target, namespace: &str) -> Result<Heard, Problem> {
    let found = match objects(api, target, namespace).await {
        Ok(found) => found,
        Err(problem) => return refused(&problem),
    };
    let mut heard = well(String::new());
    if found.is_empty() {
        heard.stderr = "there is none".to_owned();
    }
    heard.objects = found.into_iter().take(MOST).collect();
    if let [(object, value)] = heard.objects.as_slice() {
        let uid = value["metadata"]["uid"].as_str().unwrap_or_default();
        let about = format!("involvedObject.name={},involvedObject.uid={uid}", object.name);
        let about = if object.kind.is(Known::Node) {
            format!("involvedObject.name={}", object.name)
        } else {
            about
        };
        let namespace = if object.namespace.is_empty() { "" } else { &*object.namespace };
        // The description is worth showing without them.
        if let Ok(events) = super::table::about(api, namespace, &about).await {
            heard.stdout = events;
        }
    }
    Ok(heard)
}

/// The objects that are meant, without secrets.
pub async fn objects(api: &Api, target: &Target, namespace: &str) -> Result<Vec<(ObjectRef, Value)>, Problem> {
    let mut all = Vec::new();
    match target {
        Target::Open(_) => return Err(Problem::new(ProblemKind::Config, "a name is still to be filled in")),
        Target::Named(refs) => {
            for one in refs {
                let object = ObjectRef {
                    namespace: namespace_of(api, &kind(api, &one.kind)?, namespace).into(),
                    kind: kind(api, &one.kind)?,
                    name: text(&one.name)?.into(),
                };
                let value = prepare::one(api, &object).await?;
                all.push((object, harmless(value)));
            }
        }
        Target::Kinds { kinds, which } => {
            let (labels, fields) = narrowed(which)?;
            for name in kinds {
                let kind = kind(api, name)?;
                let which = [("labelSelector", labels.as_str()), ("fieldSelector", &fields), ("limit", "500")];
                let path = collection(api, &kind, namespace, &which)?;
                let accept = match kind.is(Known::Secret) {
                    true => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
                    false => "application/json",
                };
                let answer = send::read(&api.client, &path, accept, super::PATIENCE).await?;
                let mut list = answer.document(|| kind.resource().to_owned(), "list")?;
                let says = list["kind"].as_str().unwrap_or_default().trim_end_matches("List").to_owned();
                let version = list["apiVersion"].clone();
                for item in list["items"].as_array_mut().map(std::mem::take).unwrap_or_default() {
                    let mut item = harmless(item);
                    item["kind"] = json!(says);
                    item["apiVersion"] = version.clone();
                    let of = |key: &str| item["metadata"][key].as_str().unwrap_or_default().to_owned();
                    let object = ObjectRef {
                        kind: kind.clone(),
                        namespace: of("namespace").into(),
                        name: of("name").into(),
                    };
                    all.push((object, item));
                }
            }
        }
    }
    Ok(all)
}

/// Outside of namespaces there is none.
pub fn namespace_of(api: &Api, kind: &Kind, namespace: &str) -> String {
    let namespaced = path::served(api, kind).is_ok_and(|served| served.namespaced);
    if namespaced { namespace.to_owned() } else { String::new() }
}

/// What selects: labels, fields.
pub fn narrowed(which: &Which) -> Result<(String, String), Problem> {
    let word = |word: &Option<Word>| word.as_ref().map_or(Ok(String::new()), text);
    match which {
        Which::All => Ok(Default::default()),
        Which::Matching { labels, fields } => Ok((word(labels)?, word(fields)?)),
    }
}
