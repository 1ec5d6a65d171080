//! Claims and volumes.

use super::Column;
use super::common::{AGE, NAME, NAMESPACE, cell, unless_deleting};
use crate::model::Body;
use crate::ui::panes::table::{Row, Value};

pub(super) static CLAIMS: [Column; 8] = [
    NAMESPACE,
    NAME,
    Column::text("STATUS", 11, status).status(),
    Column::text("VOLUME", 44, cell!(Claim(c) => Value::text(&c.volume)))
        .keep(5)
        .muted(),
    Column::memory("CAPACITY", cell!(Claim(c) => Value::Memory(c.capacity))).keep(2),
    Column::text("MODES", 12, cell!(Claim(c) => Value::text(&c.modes))).keep(4).muted(),
    Column::text("CLASS", 24, cell!(Claim(c) => Value::text(&c.class))).keep(3),
    AGE,
];

pub(super) static VOLUMES: [Column; 9] = [
    NAME,
    Column::text("STATUS", 11, status).status(),
    Column::memory("CAPACITY", cell!(Volume(v) => Value::Memory(v.capacity))).keep(3),
    Column::text("MODES", 12, cell!(Volume(v) => Value::text(&v.modes))).keep(7).muted(),
    Column::text("RECLAIM", 8, cell!(Volume(v) => Value::text(&v.reclaim)))
        .keep(6)
        .muted(),
    Column::text("CLAIM", 60, cell!(Volume(v) => Value::text(&v.claim))).keep(2),
    Column::text("CLASS", 24, cell!(Volume(v) => Value::text(&v.class))).keep(5),
    Column::text("REASON", 30, cell!(Volume(v) => Value::text(&v.reason))).keep(4),
    AGE,
];

fn status<'a>(row: &Row<'a>) -> Value<'a> {
    let phase = match row.body() {
        Some(Body::Claim(c)) => &c.phase,
        Some(Body::Volume(v)) => &v.phase,
        _ => return Value::None,
    };
    unless_deleting(row, Value::text(phase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::storage::{Claim, Volume};
    use crate::model::{Known, Quantity, Time};
    use crate::ui::panes::table::columns::columns;
    use crate::ui::panes::table::samples::{self, NOW, cell, cells};

    #[test]
    fn claims_and_volumes_name_each_other() {
        let claim = Claim {
            phase: "Bound".into(),
            volume: "pvc-1".into(),
            capacity: Quantity::parse("10Gi"),
            modes: "RWO".into(),
            class: "gp3".into(),
        };
        let mut object = samples::object("data", Body::Claim(Box::new(claim)));
        let claims = columns(&Known::PersistentVolumeClaim.into(), None);
        assert_eq!(cells(&claims, &Row::object(&object, NOW)), "solia|data|Bound|pvc-1|10Gi|RWO|gp3|2d");
        object.meta.deleting = Time(NOW.0 - 300);
        assert_eq!(cell(&claims, "STATUS", &Row::object(&object, NOW)), "Terminating");
        let volume = Volume {
            phase: "Released".into(),
            capacity: Quantity::parse("10Gi"),
            modes: "RWO".into(),
            reclaim: "Retain".into(),
            claim: "solia/data".into(),
            ..Volume::default()
        };
        let object = samples::object("pvc-1", Body::Volume(Box::new(volume)));
        assert_eq!(
            cells(&columns(&Known::PersistentVolume.into(), None), &Row::object(&object, NOW)),
            "pvc-1|Released|10Gi|RWO|Retain|solia/data|||2d"
        );
    }
}
