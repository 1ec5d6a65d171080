//! What it costs to draw a chart of 20 series with 500 points each. Run with `cargo bench --bench chart`.

use quarterdeck::ui::theme::{Glyphs, Role, Theme};
use quarterdeck::ui::widgets::chart::{Bound, Chart, Line, draw};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn main() {
    divan::main();
}

#[divan::bench(args = [(80, 24), (120, 40), (200, 50)])]
fn twenty_series(bencher: divan::Bencher<'_, '_>, (width, height): (u16, u16)) {
    let points: Vec<Vec<f64>> = (0..20)
        .map(|n| {
            let value = |at: usize| {
                if at % 97 < 5 {
                    f64::NAN
                } else {
                    50.0 + f64::from(n) * 2.0 + 30.0 * (at as f64 / 17.0 + f64::from(n)).sin()
                }
            };
            (0..500).map(value).collect()
        })
        .collect();
    let lines: Vec<Line<'_>> = points
        .iter()
        .enumerate()
        .map(|(n, points)| Line {
            points,
            from: 0.0,
            step: 15.0,
            role: Role::series(n),
            letter: 'a',
            ghost: false,
        })
        .collect();
    let bounds = [Bound {
        value: 90.0,
        label: "crit 90",
        role: Role::Bad,
    }];
    let write_value = |value: f64| format!("{value:.0}");
    let write_time = |time: f64, _: f64| format!("{:02}:{:02}", time as i64 / 3600 % 24, time as i64 / 60 % 60);
    let chart = Chart {
        lines: &lines,
        from: 0.0,
        until: 7_485.0,
        low: 0.0,
        high: 150.0,
        base: 1000.0,
        bounds: &bounds,
        marks: &[],
        cursor: Some(3_000.0),
        write_value: &write_value,
        write_time: &write_time,
        offset: 0.0,
    };
    let area = Rect::new(0, 0, width, height);
    let theme = Theme::plain(Glyphs::Unicode);
    let mut buf = Buffer::empty(area);
    bencher.bench_local(|| {
        buf.reset();
        draw(divan::black_box(&chart), area, &mut buf, &theme);
    });
}
