//! How large the windows are drawn: a zoom of the whole page, so that nothing in it has to know.

use std::sync::atomic::{AtomicU16, Ordering};

use crate::place::{Area, MARGIN};

/// In percent, as the settings say. Managed by the app.
#[derive(Debug)]
pub struct TextSize(AtomicU16);

impl Default for TextSize {
    fn default() -> Self {
        Self(AtomicU16::new(100))
    }
}

impl TextSize {
    /// Whether that is another one.
    pub fn set(&self, percent: u16) -> bool {
        self.0.swap(percent, Ordering::Relaxed) != percent
    }

    pub fn zoom(&self) -> f64 {
        f64::from(self.0.load(Ordering::Relaxed)) / 100.0
    }

    /// The zoom at which a page of this width (CSS pixels) is not wider than the screen.
    pub fn zoom_within(&self, width: f64, screen: Area, scale: f64) -> f64 {
        self.zoom().min(room(screen, scale).0 / width).max(0.5)
    }

    /// A window of this size (CSS pixels), in logical pixels: never larger than the screen.
    pub fn fitting(&self, (width, height): (f64, f64), screen: Area, scale: f64) -> (f64, f64) {
        let (widest, highest) = room(screen, scale);
        let zoom = self.zoom();
        ((width * zoom).min(widest), (height * zoom).min(highest))
    }
}

/// What a window may take of the work area, in logical pixels.
pub fn room(screen: Area, scale: f64) -> (f64, f64) {
    let side = |length: u32| (f64::from(length) / scale - 2.0 * MARGIN).max(1.0);
    (side(screen.width), side(screen.height))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAPTOP: Area = Area {
        x: 0,
        y: 0,
        width: 1280,
        height: 800,
    };

    fn at(percent: u16) -> TextSize {
        let size = TextSize::default();
        size.set(percent);
        size
    }

    #[test]
    fn windows_grow_with_the_text_up_to_the_screen() {
        assert_eq!(at(100).fitting((640.0, 420.0), LAPTOP, 1.0), (640.0, 420.0));
        assert_eq!(at(150).fitting((640.0, 420.0), LAPTOP, 1.0), (960.0, 630.0));
        assert_eq!(at(200).fitting((640.0, 420.0), LAPTOP, 1.0), (1248.0, 768.0));
        // Physical pixels: half as much room at a scale of two.
        assert_eq!(at(200).fitting((640.0, 420.0), LAPTOP, 2.0), (608.0, 368.0));
    }

    #[test]
    fn a_card_that_would_be_wider_than_the_screen_is_drawn_smaller() {
        let close = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(close(at(200).zoom_within(380.0, LAPTOP, 1.0), 2.0));
        assert!(close(at(200).zoom_within(380.0, LAPTOP, 2.0), 608.0 / 380.0));
        assert!(close(at(200).zoom_within(380.0, Area { width: 0, ..LAPTOP }, 1.0), 0.5));
    }

    #[test]
    fn the_same_size_again_is_no_change() {
        let size = TextSize::default();
        assert!(!size.set(100));
        assert!(size.set(130));
        assert!(!size.set(130));
    }
}
