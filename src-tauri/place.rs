//! Where the card stands: a corner of the work area of one screen, always inside of it. Pure, so every arrangement of
//! screens can be tested.

use serde::{Deserialize, Serialize};

/// Distance from the edges of the work area, in logical pixels.
pub const MARGIN: f64 = 16.0;

/// A rectangle in physical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
}

impl Area {
    fn right(self) -> i32 {
        self.x.saturating_add_unsigned(self.width)
    }

    /// Whether it begins on this screen.
    pub fn is_on(self, screen: Self) -> bool {
        (screen.x..screen.right()).contains(&self.x) && (screen.y..screen.bottom()).contains(&self.y)
    }

    fn bottom(self) -> i32 {
        self.y.saturating_add_unsigned(self.height)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corner {
    TopLeft,
    /// GNOME, KDE and macOS keep their notifications here, and the eye is used to it.
    #[cfg_attr(not(windows), default)]
    TopRight,
    BottomLeft,
    #[cfg_attr(windows, default)]
    BottomRight,
}

impl Corner {
    /// The corner whose quarter of the screen holds the middle of the window.
    pub fn nearest(window: Area, screen: Area) -> Self {
        let middle = |from: i32, length: u32| i64::from(from) + i64::from(length / 2);
        let left = middle(window.x, window.width) < middle(screen.x, screen.width);
        let top = middle(window.y, window.height) < middle(screen.y, screen.height);
        match (top, left) {
            (true, true) => Self::TopLeft,
            (true, false) => Self::TopRight,
            (false, true) => Self::BottomLeft,
            (false, false) => Self::BottomRight,
        }
    }

    /// The upper left point of a window of this size (physical pixels) in this corner. A window larger than the screen
    /// keeps its upper left in sight.
    pub fn place(self, width: u32, height: u32, screen: Area, scale: f64) -> (i32, i32) {
        #[expect(clippy::cast_possible_truncation, reason = "a margin of a few pixels")]
        let margin = (MARGIN * scale.clamp(0.5, 8.0)).round() as i32;
        let left = screen.x.saturating_add(margin);
        let top = screen.y.saturating_add(margin);
        let right = screen.right().saturating_sub_unsigned(width).saturating_sub(margin);
        let bottom = screen.bottom().saturating_sub_unsigned(height).saturating_sub(margin);
        let (x, y) = match self {
            Self::TopLeft => (left, top),
            Self::TopRight => (right, top),
            Self::BottomLeft => (left, bottom),
            Self::BottomRight => (right, bottom),
        };
        (x.max(screen.x), y.max(screen.y))
    }
}

/// The upper left point of a window of this size in the middle of the screen, always inside of it.
pub fn centre(width: u32, height: u32, screen: Area) -> (i32, i32) {
    let middle = |from: i32, all: u32, part: u32| from.saturating_add_unsigned(all.saturating_sub(part) / 2);
    (
        middle(screen.x, screen.width, width),
        middle(screen.y, screen.height, height),
    )
}

/// The same point, moved sideways as far as it takes to leave the card in sight and not to be covered by it, whatever height
/// it grows to; less far where the screen ends.
pub fn beside((x, y): (i32, i32), width: u32, card: Area, screen: Area) -> (i32, i32) {
    let right = x.saturating_add_unsigned(width);
    if card.right() <= x || card.x >= right {
        return (x, y);
    }
    let is_left = card.x.saturating_sub(x) < right.saturating_sub(card.right());
    let moved = if is_left {
        card.right().min(screen.right().saturating_sub_unsigned(width))
    } else {
        card.x.saturating_sub_unsigned(width)
    };
    (moved.max(screen.x), y)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Area = Area {
        x: 1920,
        y: 30,
        width: 1280,
        height: 770,
    };

    #[test]
    fn stands_in_each_corner_of_the_work_area() {
        assert_eq!(Corner::TopLeft.place(380, 132, SCREEN, 1.0), (1936, 46));
        assert_eq!(Corner::TopRight.place(380, 132, SCREEN, 1.0), (2804, 46));
        assert_eq!(Corner::BottomLeft.place(380, 132, SCREEN, 1.0), (1936, 652));
        assert_eq!(Corner::BottomRight.place(380, 132, SCREEN, 1.0), (2804, 652));
        assert_eq!(Corner::BottomRight.place(760, 264, SCREEN, 2.0), (2408, 504));
    }

    #[test]
    fn stays_in_sight_on_screens_that_are_too_small_or_absurd() {
        let tiny = Area {
            x: -100,
            y: -50,
            width: 200,
            height: 100,
        };
        for corner in [
            Corner::TopLeft,
            Corner::TopRight,
            Corner::BottomLeft,
            Corner::BottomRight,
        ] {
            let (x, y) = corner.place(380, 400, tiny, 1.0);
            assert!(x >= tiny.x && y >= tiny.y, "{corner:?}: {x},{y}");
            corner.place(
                u32::MAX,
                u32::MAX,
                Area {
                    x: i32::MAX,
                    y: i32::MIN,
                    width: 0,
                    height: u32::MAX,
                },
                f64::NAN,
            );
        }
    }

    #[test]
    fn the_middle_is_of_the_screen_and_not_of_all_of_them() {
        assert_eq!(centre(640, 420, SCREEN), (2240, 205));
        assert_eq!(centre(5000, 5000, SCREEN), (1920, 30));
    }

    #[test]
    fn the_search_leaves_the_card_in_sight() {
        let middle = centre(640, 420, SCREEN);
        let card = |x: i32| Area {
            x,
            y: 46,
            width: 380,
            height: 132,
        };
        assert_eq!(beside(middle, 640, card(2804), SCREEN), (2164, 205));
        assert_eq!(beside(middle, 640, card(1936), SCREEN), (2316, 205));
        // There is room for both as they stand; and none at all.
        assert_eq!(beside(middle, 640, card(2880), SCREEN), middle);
        assert_eq!(beside(middle, 640, card(1860), SCREEN), middle);
        assert_eq!(beside((1920, 30), 1280, card(2804), SCREEN), (1920, 30));
        assert_eq!(beside((1920, 30), 1280, card(1936), SCREEN), (1920, 30));
    }

    #[test]
    fn a_drag_snaps_to_the_nearest_corner_and_stays_there() {
        for corner in [
            Corner::TopLeft,
            Corner::TopRight,
            Corner::BottomLeft,
            Corner::BottomRight,
        ] {
            let (x, y) = corner.place(380, 132, SCREEN, 1.0);
            let window = Area {
                x: x + 7,
                y: y - 5,
                width: 380,
                height: 132,
            };
            assert_eq!(Corner::nearest(window, SCREEN), corner);
        }
    }
}
