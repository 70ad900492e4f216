//! Two texts, and only what differs between them: whoever agrees to a change wants to see the change.

use std::io::{self, Write};

use crate::show::plain;

/// Lines around a change.
const AROUND: usize = 2;
/// Lines of a text that is compared; longer ones are shown one below the other.
const MOST_LINES: usize = 2_000;

/// `-` what was, `+` what is now, `  …` where lines are left out that stayed.
pub fn print(before: &str, after: &str, out: &mut impl Write) -> io::Result<()> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let lines = if old.len().max(new.len()) > MOST_LINES {
        old.iter()
            .map(|line| ('-', *line))
            .chain(new.iter().map(|line| ('+', *line)))
            .collect()
    } else {
        compared(&old, &new)
    };
    let near = |at: usize| {
        let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len());
        lines[around].iter().any(|(sign, _)| *sign != ' ')
    };
    let mut left_out = false;
    for (at, (sign, line)) in lines.iter().enumerate() {
        if near(at) {
            writeln!(out, "{sign} {}", plain(line))?;
        } else if !left_out {
            writeln!(out, "  …")?;
        }
        left_out = !near(at);
    }
    Ok(())
}

/// Every line of both, in order: the longest common subsequence stays.
fn compared<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(char, &'t str)> {
    let mut common = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for (one, line) in old.iter().enumerate().rev() {
        for (other, now) in new.iter().enumerate().rev() {
            common[one][other] = if line == now {
                common[one + 1][other + 1] + 1
            } else {
                common[one + 1][other].max(common[one][other + 1])
            };
        }
    }
    let (mut one, mut other, mut lines) = (0, 0, Vec::new());
    while one < old.len() || other < new.len() {
        if one < old.len() && other < new.len() && old[one] == new[other] {
            lines.push((' ', old[one]));
            (one, other) = (one + 1, other + 1);
        } else if other == new.len() || one < old.len() && common[one + 1][other] >= common[one][other + 1] {
            lines.push(('-', old[one]));
            one += 1;
        } else {
            lines.push(('+', new[other]));
            other += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_shown_with_a_little_around_it() {
        let before = "a\nb\nc\nd\nhost = old\ne\nf\ng\nh\ni\nj\n";
        let after = "a\nb\nc\nd\nhost = new\ne\nf\ng\nh\ni\nj\nk\n";
        let mut out = Vec::new();
        print(before, after, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "  …\n  c\n  d\n- host = old\n+ host = new\n  e\n  f\n  …\n  i\n  j\n+ k\n"
        );
        let mut out = Vec::new();
        print("", "a\n", &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "+ a\n");
    }
}
