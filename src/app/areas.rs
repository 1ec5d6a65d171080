//! Where things stand on the screen: pure arithmetic, used by update (page sizes) and by draw.

use ratatui::layout::{Constraint, Layout, Rect};

/// Below this the screen shows the header and one sentence.
pub const MIN_WIDTH: u16 = 60;
/// See [`MIN_WIDTH`].
pub const MIN_HEIGHT: u16 = 15;

/// The parts of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Areas {
    pub header: Rect,
    /// The lines that say what is wrong in the environment in front.
    pub strip: Rect,
    /// One or two panes, left to right.
    pub panes: Vec<Rect>,
    /// The line for newcomers; often empty.
    pub guide: Rect,
    pub footer: Rect,
}

/// What the layout depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub panes: usize,
    pub focus: usize,
    pub zoomed: bool,
    /// Share of the left pane in percent.
    pub left: u16,
    /// Rows of the strip of findings.
    pub strip: u16,
    /// Rows of the guide.
    pub guide: u16,
}

/// Splits the screen.
pub fn areas(screen: Rect, shape: Shape) -> Areas {
    let small = screen.height < MIN_HEIGHT;
    let (strip, guide) = if small { (0, 0) } else { (shape.strip, shape.guide) };
    let [header, strip, body, guide, footer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(strip),
        Constraint::Min(0),
        Constraint::Length(guide),
        Constraint::Length(1),
    ])
    .areas(screen);
    let panes = match shape.panes {
        0 | 1 => vec![body],
        _ if shape.zoomed => (0..shape.panes).map(|i| if i == shape.focus { body } else { Rect::ZERO }).collect(),
        _ => {
            let left = shape.left.clamp(20, 80);
            Layout::horizontal([Constraint::Percentage(left), Constraint::Percentage(100 - left)])
                .split(body)
                .to_vec()
        }
    };
    Areas {
        header,
        strip,
        panes,
        guide,
        footer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_splits_without_overlap_and_within_the_screen() {
        for width in [0, 1, 59, 60, 80, 200, 300] {
            for height in [0, 1, 2, 3, 14, 15, 24, 100] {
                for panes in [1, 2] {
                    let screen = Rect::new(0, 0, width, height);
                    let a = areas(
                        screen,
                        Shape {
                            panes,
                            focus: 0,
                            zoomed: false,
                            left: 50,
                            strip: 2,
                            guide: 1,
                        },
                    );
                    for rect in a.panes.iter().chain([&a.header, &a.strip, &a.guide, &a.footer]) {
                        assert_eq!(rect.intersection(screen).area(), rect.area(), "{width}x{height}");
                    }
                    assert_eq!(a.panes.len(), panes);
                }
            }
        }
    }

    #[test]
    fn zoom_gives_the_focused_pane_everything() {
        let a = areas(
            Rect::new(0, 0, 100, 40),
            Shape {
                panes: 2,
                focus: 1,
                zoomed: true,
                left: 50,
                strip: 0,
                guide: 0,
            },
        );
        assert_eq!((a.panes[0].area(), a.panes[1]), (0, Rect::new(0, 1, 100, 38)));
    }
}
