//! What Ringside itself knows about the plans of countries.

use crate::{Line, PhoneNumber};

/// Country codes of open plans: behind a company's number, digits may follow for the desk.
const OPEN_PLANS: [u16; 8] = [39, 41, 43, 46, 49, 352, 358, 423];

/// How many digits a desk adds to its company's number at most.
pub(crate) const MAX_DESK_DIGITS: u32 = 4;

/// Whether a company's number of this kind may be followed by the digits of a desk.
pub(crate) fn has_desks(number: &PhoneNumber) -> bool {
    OPEN_PLANS.contains(&number.country_code())
        && matches!(
            number.line(),
            Line::FixedLine | Line::FixedOrMobile | Line::Voip | Line::Other
        )
}
