//! Files of separated values: writing rows with quotes where they are needed.

/// The separator of a format, or 1003's text.
pub(crate) fn separator(format: &str) -> Option<u8> {
    match format.to_ascii_uppercase().as_str() {
        "CSV" => Some(b','),
        "TSV" => Some(b'\t'),
        "SSV" => Some(b';'),
        _ => None,
    }
}

/// Appends a row.
pub(crate) fn push_row<'a>(
    out: &mut Vec<u8>,
    separator: u8,
    cells: impl IntoIterator<Item = &'a str>,
) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(separator);
        }
        let bytes = cell.as_bytes();
        let quoted = bytes
            .iter()
            .any(|byte| *byte == separator || matches!(byte, b'"' | b'\n' | b'\r'));
        if quoted {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(bytes);
        }
    }
    out.push(b'\n');
}

/// The rows of a file; the first holds the names. `None` when it cannot be read.
pub(crate) fn rows(bytes: &[u8], separator: u8) -> Option<Vec<Vec<String>>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(bytes);
    let rows: Result<Vec<Vec<String>>, _> = reader
        .records()
        .map(|row| Ok::<_, ::csv::Error>(row?.iter().map(str::to_owned).collect()))
        .collect();
    rows.ok()
}
