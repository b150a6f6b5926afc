//! Believable people and companies, the same for the same seed.

use serde::Deserialize;

const TEXT: &str = include_str!("../../assets/sandbox/names.json");

/// People of one company, on average.
const STAFF: usize = 25;

/// Share of people without an e-mail address, and without a phone, in percent.
const NO_EMAIL: u8 = 4;
const NO_PHONE: u8 = 15;

/// One person; nothing about them is real.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "plain facts")]
pub struct Person {
    pub salutation: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub mobile: Option<String>,
    pub title: String,
    pub company: String,
    /// The company's number: people with the same one work together.
    pub company_number: usize,
    pub street: String,
    pub city: String,
    pub state: String,
    pub postal_code: String,
    pub country: String,
    /// What they asked about.
    pub topic: String,
    pub opted_out: bool,
}

/// One company.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "plain facts")]
pub struct Company {
    pub number: usize,
    pub name: String,
    pub domain: String,
    pub city: String,
    pub state: String,
    pub postal_code: String,
    pub country: String,
    pub phone: String,
    pub employees: i32,
    /// Whole units of the base currency.
    pub revenue: i64,
}

#[derive(Deserialize)]
struct Names {
    given: Vec<String>,
    family: Vec<String>,
    stems: Vec<String>,
    suffixes: Vec<String>,
    titles: Vec<String>,
    salutations: Vec<String>,
    streets: Vec<String>,
    places: Vec<[String; 6]>,
    topics: Vec<String>,
}

/// How many companies `people` persons work for.
pub fn company_count(people: usize) -> usize {
    (people / STAFF).max(8)
}

/// People without end; the first `n` work for the first `company_count(n)` companies only when
/// asked by [`people_of`].
pub fn people(seed: u64) -> impl Iterator<Item = Person> {
    people_of(seed, company_count(2500))
}

/// People without end who work for `companies` companies. Empty only if the asset is broken.
pub fn people_of(seed: u64, companies: usize) -> impl Iterator<Item = Person> {
    let names = names();
    let employers: Vec<Company> = names
        .iter()
        .flat_map(|names| (0..companies.max(1)).map(|number| company(names, number)))
        .collect();
    let mut random = fastrand::Rng::with_seed(seed);
    (0..).map_while(move |number| Some(person(names.as_ref()?, number, &employers, &mut random)))
}

/// The first `count` companies.
pub fn companies(count: usize) -> impl Iterator<Item = Company> {
    let names = names();
    (0..count).map_while(move |number| Some(company(names.as_ref()?, number)))
}

fn names() -> Option<Names> {
    serde_json::from_str(TEXT).ok()
}

fn pick<'a, T>(list: &'a [T], random: &mut fastrand::Rng) -> &'a T {
    &list[random.usize(..list.len())]
}

fn person(
    names: &Names,
    number: usize,
    employers: &[Company],
    random: &mut fastrand::Rng,
) -> Person {
    let company = pick(employers, random);
    let (first, last) = (pick(&names.given, random), pick(&names.family, random));
    let place = &names.places[company.number % names.places.len()];
    let percent = |random: &mut fastrand::Rng, share: u8| random.u8(..100) < share;
    let salutation = percent(random, 30).then(|| pick(&names.salutations, random).clone());
    let email = format!(
        "{}.{}{number}@{}",
        plain(first),
        plain(last),
        company.domain
    );
    let email = (!percent(random, NO_EMAIL)).then_some(email);
    let phone = (!percent(random, NO_PHONE)).then(|| dial(&place[5], random));
    let mobile = percent(random, 40).then(|| dial(&place[5], random));
    Person {
        salutation,
        first_name: first.clone(),
        last_name: last.clone(),
        email,
        phone,
        mobile,
        title: pick(&names.titles, random).clone(),
        street: format!("{} {}", pick(&names.streets, random), random.u16(1..200)),
        topic: pick(&names.topics, random).clone(),
        opted_out: percent(random, 6),
        company: company.name.clone(),
        company_number: company.number,
        city: company.city.clone(),
        state: company.state.clone(),
        postal_code: company.postal_code.clone(),
        country: company.country.clone(),
    }
}

/// A company follows from its number alone.
fn company(names: &Names, number: usize) -> Company {
    let mut random = fastrand::Rng::with_seed(number as u64 ^ 0xc0);
    let kinds = names.stems.len() * names.suffixes.len();
    let stem = &names.stems[number % names.stems.len()];
    let suffix = &names.suffixes[(number * 7 + number / names.stems.len()) % names.suffixes.len()];
    let place = &names.places[number % names.places.len()];
    let twin = if number < kinds {
        String::new()
    } else {
        format!(" {}", number / kinds + 1)
    };
    let name = format!("{stem} {suffix}{twin}");
    Company {
        number,
        domain: format!("{}.example", plain(&name)),
        name,
        city: place[0].clone(),
        state: place[1].clone(),
        postal_code: place[4].clone(),
        country: place[2].clone(),
        phone: dial(&place[5], &mut random),
        employees: 10 * random.i32(1..2000),
        revenue: 50_000 * random.i64(1..4000),
    }
}

fn dial(country: &str, random: &mut fastrand::Rng) -> String {
    format!(
        "+{country} {} {}",
        random.u16(10..999),
        random.u32(1_000_000..9_999_999)
    )
}

/// ASCII letters and digits only, lower case, as addresses have them.
fn plain(name: &str) -> String {
    name.chars()
        .flat_map(char::to_lowercase)
        .filter_map(|letter| match letter {
            'a'..='z' | '0'..='9' => Some(letter),
            'á' | 'à' | 'ã' | 'å' | 'ä' | 'â' => Some('a'),
            'é' | 'è' | 'ê' | 'ë' => Some('e'),
            'í' | 'ï' | 'ı' => Some('i'),
            'ó' | 'ö' | 'ø' | 'ô' => Some('o'),
            'ú' | 'ü' => Some('u'),
            'č' | 'ç' | 'ć' => Some('c'),
            'ñ' | 'ń' => Some('n'),
            'š' | 'ß' | 'ś' => Some('s'),
            'ł' => Some('l'),
            'ž' | 'ź' => Some('z'),
            _ => None,
        })
        .collect()
}
