//! A table of contacts in a text: comma, semicolon or tab between the cells, quotation marks around them where need be.

use ringside_ipc::{
    ApiError,
    import::{ImportColumnDto, ImportField},
};

use super::{
    columns,
    people::{FilePerson, MOST_PEOPLE, People},
};

/// Samples of each column, to recognize it by.
const SAMPLES: usize = 3;
/// A sample is a glance, not a page.
const LONGEST_SAMPLE: usize = 80;
/// No table of contacts has more columns; Outlook's have ninety.
const MOST_COLUMNS: usize = 500;
/// Rows that are looked at to find out what divides the cells and what the columns hold.
const LOOKED_AT: usize = 20;
/// A cell that swallows more lines than this began with a quotation mark that nothing closes.
const MOST_LINES: usize = 100;

/// How a table is written, found out once.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    delimiter: u8,
    /// Lines before the table begins: Excel's `sep=;`.
    skip: usize,
    has_heading: bool,
    pub headers: Vec<String>,
    samples: Vec<Vec<String>>,
    pub fields: Vec<ImportField>,
}

impl Table {
    /// # Errors
    /// When there is no table in the text.
    pub fn of(text: &str) -> Result<Self, ApiError> {
        let (skip, named) = match text.lines().next().and_then(|line| line.trim().strip_prefix("sep=")) {
            Some(sign) if sign.len() == 1 => (1, Some(sign.as_bytes()[0])),
            _ => (0, None),
        };
        let body = after_lines(text, skip);
        let delimiter = named.unwrap_or_else(|| delimiter(body));
        let mut rows = reader(body, delimiter).into_records();
        let first: Vec<Vec<String>> = rows
            .by_ref()
            .take(LOOKED_AT)
            .filter_map(Result::ok)
            .map(|row| row.iter().map(str::to_owned).collect())
            .collect();
        let Some(heading) = first
            .first()
            .filter(|row| row.iter().any(|cell| !cell.trim().is_empty()))
        else {
            return Err(ApiError::invalid("data", "there is nobody in this file").hint("Export the contacts again"));
        };
        if heading.len() > MOST_COLUMNS {
            let words = format!("the table has more than {MOST_COLUMNS} columns");
            return Err(
                ApiError::invalid("data", words).hint("Export names, companies, numbers and e-mail addresses only")
            );
        }
        let has_heading = columns::is_heading(heading);
        let (headers, data) = if has_heading {
            (heading.iter().map(|cell| cell.trim().to_owned()).collect(), &first[1..])
        } else {
            (vec![String::new(); heading.len()], &first[..])
        };
        let fields = if has_heading {
            columns::meanings(&headers)
        } else {
            columns::guessed(headers.len(), data)
        };
        let samples = (0..headers.len()).map(|at| samples(data, at)).collect();
        Ok(Self {
            delimiter,
            skip,
            has_heading,
            headers,
            samples,
            fields,
        })
    }

    /// The same table with other meanings of its columns: one for each.
    pub fn meaning(&self, fields: Vec<ImportField>) -> Self {
        Self { fields, ..self.clone() }
    }

    pub fn columns(&self) -> Vec<ImportColumnDto> {
        let all = self.headers.iter().zip(&self.samples).zip(&self.fields);
        all.map(|((header, samples), field)| ImportColumnDto {
            header: header.chars().take(LONGEST_SAMPLE).collect(),
            samples: samples.clone(),
            field: *field,
        })
        .collect()
    }

    /// Everybody in the table, as its columns are meant now.
    ///
    /// # Errors
    /// When there are more people than an address book takes at once.
    pub fn people(&self, text: &str) -> Result<People, ApiError> {
        let labels: Vec<Option<usize>> = (0..self.headers.len())
            .map(|at| columns::label_column(&self.headers, at))
            .collect();
        let mut people = People::default();
        let body = after_lines(text, self.skip);
        let mut lines = Lines::of(body, self.skip);
        let mut reader = reader(body, self.delimiter);
        let mut row = csv::StringRecord::new();
        let mut first = self.has_heading;
        let mut count = 0;
        loop {
            match reader.read_record(&mut row) {
                Ok(false) => return Ok(people),
                Ok(true) => {}
                Err(error) => {
                    let line = lines.at(error.position());
                    people.faults.add(line, "this row can't be read");
                    continue;
                }
            }
            if std::mem::take(&mut first) || row.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            count += 1;
            if count > MOST_PEOPLE {
                return Err(too_many());
            }
            let line = lines.at(row.position());
            let surplus = row.iter().skip(self.headers.len());
            if row.len() < self.headers.len() || surplus.into_iter().any(|cell| !cell.trim().is_empty()) {
                let words = format!("there are {} cells, and {} columns", row.len(), self.headers.len());
                people.faults.add(line, words);
            } else if row.iter().any(|cell| cell.lines().nth(MOST_LINES).is_some()) {
                people.faults.add(
                    line,
                    "a cell goes on for more than 100 lines; a quotation mark may not be closed",
                );
            } else {
                people.take(self.person(&row, &labels, line));
            }
        }
    }

    fn person(&self, row: &csv::StringRecord, labels: &[Option<usize>], line: u32) -> FilePerson {
        let mut person = FilePerson {
            line,
            ..FilePerson::default()
        };
        for (at, (field, cell)) in self.fields.iter().zip(row).enumerate() {
            let cell = plain(cell.trim());
            if cell.is_empty() {
                continue;
            }
            let label = match field {
                ImportField::Ignore => continue,
                ImportField::Name => {
                    put(&mut person.name, cell);
                    continue;
                }
                ImportField::Given => {
                    put(person.given.get_or_insert_default(), cell);
                    continue;
                }
                ImportField::Family => {
                    put(person.family.get_or_insert_default(), cell);
                    continue;
                }
                ImportField::Company => {
                    person.company.get_or_insert_with(|| cell.to_owned());
                    continue;
                }
                ImportField::Title => {
                    person.title.get_or_insert_with(|| cell.to_owned());
                    continue;
                }
                ImportField::Email => {
                    person.emails.extend(several(cell).map(str::to_owned));
                    continue;
                }
                ImportField::Number => "phone",
                ImportField::Mobile => "mobile",
                ImportField::Office => "office",
                ImportField::Home => "home",
                ImportField::Fax => "fax",
            };
            let beside = labels[at].and_then(|at| row.get(at)).map(|label| plain(label.trim()));
            let label = beside.filter(|label| !label.is_empty()).unwrap_or(label);
            person
                .numbers
                .extend(several(cell).map(|raw| (label.to_owned(), raw.to_owned())));
        }
        person
    }
}

/// In which line of the file a row begins. The reader's own count is taken before it skips what ends the row before.
struct Lines<'a> {
    text: &'a [u8],
    byte: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str, skipped: usize) -> Self {
        Self {
            text: text.as_bytes(),
            byte: 0,
            line: u32::try_from(skipped).unwrap_or(0) + 1,
        }
    }

    /// Rows come in order.
    fn at(&mut self, position: Option<&csv::Position>) -> u32 {
        let begin = position.map_or(self.byte, |at| usize::try_from(at.byte()).unwrap_or(usize::MAX));
        while let Some(sign) = self.text.get(self.byte) {
            let ends = *sign == b'\n' || (*sign == b'\r' && self.text.get(self.byte + 1) != Some(&b'\n'));
            if self.byte >= begin && !matches!(sign, b'\n' | b'\r') {
                break;
            }
            self.byte += 1;
            self.line = self.line.saturating_add(u32::from(ends));
        }
        self.line
    }
}

pub(crate) fn too_many() -> ApiError {
    ApiError::invalid("data", "there are more than 100,000 people in this file").hint("Divide it into several files")
}

/// Google writes several values into one cell; others write them on lines of their own.
fn several(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(":::")
        .flat_map(str::lines)
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

/// Several columns may hold parts of a name.
fn put(name: &mut String, part: &str) {
    if !name.is_empty() {
        name.push(' ');
    }
    name.push_str(part);
}

/// Without the apostrophe that our own export puts before what a spreadsheet would take for a formula.
fn plain(cell: &str) -> &str {
    let escaped = cell
        .strip_prefix('\'')
        .filter(|rest| crate::person::export::is_formula(rest));
    escaped.unwrap_or(cell)
}

fn after_lines(text: &str, lines: usize) -> &str {
    let mut rest = text;
    for _ in 0..lines {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    rest
}

/// What divides the first rows into the most cells, as many in each.
fn delimiter(text: &str) -> u8 {
    let score = |delimiter: u8| {
        let rows = reader(text, delimiter)
            .into_records()
            .take(LOOKED_AT)
            .filter_map(Result::ok);
        let lengths: Vec<usize> = rows.map(|row| row.len()).collect();
        let columns = lengths.first().copied().unwrap_or(0);
        let alike = lengths.iter().filter(|length| **length == columns).count();
        if columns < 2 {
            (0, 0)
        } else {
            (alike * 100 / lengths.len().max(1) / 50, columns)
        }
    };
    [b';', b'\t', b',']
        .into_iter()
        .max_by_key(|delimiter| score(*delimiter))
        .unwrap_or(b',')
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

fn samples(rows: &[Vec<String>], at: usize) -> Vec<String> {
    let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.trim());
    cells
        .filter(|cell| !cell.is_empty())
        .take(SAMPLES)
        .map(|cell| cell.chars().take(LONGEST_SAMPLE).collect())
        .collect()
}
