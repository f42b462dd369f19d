# SPDX-License-Identifier: EUPL-1.2
"""What refusals mean and what to do then: the pages that problem documents point to (KC-3)."""

from dataclasses import dataclass

from dashboard.words import mark
from pod.vocab import PROBLEM


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem type, in words for people."""

    name: str
    title: str
    meaning: str
    onward: str

    @property
    def iri(self) -> str:
        return PROBLEM + self.name


_ASK_AGAIN = mark("De instantie kan een nieuwe vraag stellen. De burger beslist dan opnieuw.")
_LOOK_AT_TERMS = mark("Kijk in de toestemming wat is afgesproken, en vraag alleen dat.")

PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem(
            "grant-missing",
            mark("Er is geen toestemming"),
            mark("De instantie probeerde te lezen, maar heeft geen toestemming voor deze kluis."),
            mark("De instantie kan een vraag stellen. Zonder ja van de burger leest ze niets."),
        ),
        Problem(
            "grant-not-started",
            mark("De toestemming begint nog"),
            mark("Er is een toestemming, maar ze geldt pas vanaf een later moment."),
            mark("Wacht tot de toestemming begint. Dat moment staat erin."),
        ),
        Problem(
            "grant-paused",
            mark("De toestemming is gepauzeerd"),
            mark("De burger stopte het lezen tijdelijk."),
            mark("Wacht tot de burger hervat. Ze hoeft geen reden te geven."),
        ),
        Problem(
            "grant-expired",
            mark("De toestemming is afgelopen"),
            mark("De einddatum is voorbij. Vanaf dan stopt het lezen vanzelf."),
            _ASK_AGAIN,
        ),
        Problem(
            "grant-exhausted",
            mark("De toestemming is opgebruikt"),
            mark("De instantie las zo vaak als was afgesproken."),
            _ASK_AGAIN,
        ),
        Problem(
            "grant-withdrawn",
            mark("De toestemming is ingetrokken"),
            mark("De burger trok de toestemming in. Dat werkt meteen."),
            mark("Lezen kan niet meer. Hou u aan de bewaartermijn voor wat al gelezen is."),
        ),
        Problem(
            "grant-revoked",
            mark("De toestemming is beëindigd"),
            mark("De beheerder beëindigde de toestemming, bijvoorbeeld na misbruik."),
            mark("Vraag de beheerder naar de reden. De burger kreeg bericht."),
        ),
        Problem(
            "grant-invalidated",
            mark("De toestemming is ongeldig verklaard"),
            mark("Een rechter of toezichthouder verklaarde de toestemming ongeldig."),
            mark(
                "Lees en gebruik deze gegevens niet meer. De beslissing staat in de geschiedenis."
            ),
        ),
        Problem(
            "grant-relinquished",
            mark("De instantie stopte zelf"),
            mark("De instantie gaf de toestemming zelf terug, omdat ze klaar was."),
            _ASK_AGAIN,
        ),
        Problem(
            "grant-superseded",
            mark("De toestemming is vervangen"),
            mark("Er is een nieuwe toestemming. Alleen die nieuwe telt nog."),
            mark("Lees met de nieuwe toestemming."),
        ),
        Problem(
            "grant-ambiguous",
            mark("Er passen meerdere toestemmingen"),
            mark("Meer dan één toestemming past bij dit lezen. Kluis raadt niet welke."),
            mark("Kies er een met de kop Kluis-Grant of Kluis-Purpose."),
        ),
        Problem(
            "purpose-mismatch",
            mark("Het doel klopt niet"),
            mark("De instantie noemde een ander doel dan dat van de toestemming."),
            mark("Lees alleen voor het doel waarvoor de burger ja zei."),
        ),
        Problem(
            "mode-not-granted",
            mark("Dat mag niet met deze toestemming"),
            mark("Lezen mag misschien wel, maar schrijven of toevoegen niet. Of omgekeerd."),
            _LOOK_AT_TERMS,
        ),
        Problem(
            "target-not-granted",
            mark("Dit gegeven zit niet in de toestemming"),
            mark("De instantie vroeg iets dat de burger niet deelde."),
            _LOOK_AT_TERMS,
        ),
        Problem(
            "client-mismatch",
            mark("Een andere toepassing las"),
            mark("De toestemming is er voor een andere toepassing van de instantie."),
            mark("Lees met de toepassing die de vraag stelde."),
        ),
        Problem(
            "mandate-invalid",
            mark("Het mandaat geldt niet"),
            mark("Wie voor iemand anders wilde handelen, mag dat niet of niet meer."),
            mark("Vraag een nieuw mandaat aan wie het kan geven."),
        ),
        Problem(
            "case-mismatch",
            mark("Het dossier klopt niet"),
            mark("De instantie noemde een ander dossier dan dat van de toestemming."),
            mark("Noem het dossier van de toestemming, of laat het weg."),
        ),
        Problem(
            "too-soon",
            mark("Te snel na elkaar gelezen"),
            mark("Er is afgesproken hoeveel tijd er tussen twee keer lezen zit."),
            mark("Wacht. De kop Retry-After zegt hoelang."),
        ),
        Problem(
            "log-unavailable",
            mark("Het lezen kon niet genoteerd worden"),
            mark("Wat niet in “Wie las mee” kan komen, wordt niet gelezen. Er ging niets uit."),
            mark("Probeer het straks opnieuw."),
        ),
        Problem(
            "not-projectable",
            mark("Een deel van dit bestand tonen kan niet"),
            mark("De toestemming geldt voor een deel, en dit bestand kan alleen in zijn geheel."),
            mark("Vraag het hele bestand, of een gegeven dat wel in delen kan."),
        ),
        Problem(
            "request-screened-out",
            mark("De vraag is niet gesteld"),
            mark("De vraag gaat verder dan het doel toelaat, of er ontbreekt iets."),
            mark("Verbeter wat in het antwoord staat, en stel de vraag opnieuw."),
        ),
        Problem(
            "notice-changed",
            mark("De vraag is veranderd"),
            mark("De gegevens veranderden na het lezen van de vraag. Er is niets gedeeld."),
            mark("Lees de vraag opnieuw, en beslis dan."),
        ),
        Problem(
            "not-narrower",
            mark("Dat is meer dan gevraagd"),
            mark("Een ja kan kleiner zijn dan de vraag, nooit groter."),
            mark("Kies alleen uit wat gevraagd is."),
        ),
        Problem(
            "required-dropped",
            mark("Een nodig gegeven ontbreekt"),
            mark("Zonder dit gegeven kan de instantie niets doen voor dit doel."),
            mark("Deel het mee, of zeg nee."),
        ),
        Problem(
            "nothing-to-share",
            mark("Er is niets om te delen"),
            mark("Niets van wat gevraagd werd, is van u."),
            mark("Zeg nee, of doe niets."),
        ),
        Problem(
            "purpose-closed",
            mark("Deze vraag kan geen ja meer krijgen"),
            mark("De instantie mag dit doel niet meer gebruiken."),
            mark("U hoeft niets te doen. Er wordt niets gedeeld."),
        ),
        Problem(
            "confirm-missing",
            mark("Gevoelige gegevens vragen een aparte ja"),
            mark("Voor elke soort gevoelige gegevens is een aparte ja nodig."),
            mark("Vink elke soort aan die u wilt delen, of deel ze niet."),
        ),
        Problem(
            "step-up",
            mark("Meld u eerst opnieuw aan"),
            mark("Voor gevoelige gegevens moet u zich net hebben aangemeld."),
            mark("Meld u opnieuw aan, en beslis dan."),
        ),
        Problem(
            "wrong-state",
            mark("Dat kan nu niet meer"),
            mark("De vraag of de toestemming is al beslist of voorbij. Er veranderde niets."),
            mark("Kijk hoe het er nu mee staat."),
        ),
        Problem(
            "consent-scope-missing",
            mark("De toepassing mag niet voor u beslissen"),
            mark("De toepassing is aangemeld, maar niet om te beslissen over toestemmingen."),
            mark("Meld de toepassing opnieuw aan met het bereik consent."),
        ),
        Problem(
            "not-yours-to-decide",
            mark("De andere kant beslist dit"),
            mark("Alleen de burger zegt ja of nee. Alleen de instantie kan haar vraag annuleren."),
            mark("Laat het aan de andere kant over."),
        ),
        Problem(
            "forbidden",
            mark("Geen toegang"),
            mark("Wie dit probeerde, is bekend, en mag dit niet."),
            mark("De eigenaar van de gegevens kan toegang geven."),
        ),
        Problem(
            "not-signed-in",
            mark("Niet aangemeld"),
            mark("Dit is niet open voor iedereen."),
            mark("Meld u aan en probeer het opnieuw."),
        ),
        Problem(
            "form-expired",
            mark("Dit formulier is verlopen"),
            mark("Het formulier hoort bij een vorige aanmelding. Er is niets veranderd."),
            mark("Open de pagina opnieuw en vul het formulier nog eens in."),
        ),
        Problem(
            "other-origin",
            mark("Dit formulier kwam niet van Kluis"),
            mark("Een andere website stuurde dit formulier. Er is niets veranderd."),
            mark("Open de pagina in Kluis zelf. Vertrouw die andere website niet."),
        ),
        Problem(
            "unavailable",
            mark("Dit lukt nu even niet"),
            mark("Er is niets veranderd."),
            mark("Probeer het straks opnieuw."),
        ),
        Problem(
            "too-many-requests",
            mark("Te vaak geprobeerd"),
            mark("Er is niets veranderd."),
            mark("Wacht een paar minuten en probeer het opnieuw."),
        ),
        Problem(
            "exists",
            mark("Dat bestaat al"),
            mark(
                "Onder deze naam staat al iets in het register. Een tekst daarin verandert nooit."
            ),
            mark("Geef een nieuwe versie of een andere naam."),
        ),
        Problem(
            "not-an-operator",
            mark("Dit doet alleen de beheerder"),
            mark("Dit hoort bij het beheer van deze server."),
            mark("Vraag het aan de beheerder."),
        ),
        Problem(
            "not-an-agency",
            mark("Dit doet alleen een instantie"),
            mark("Wie dit probeerde, staat niet als instantie in het register, of is geschorst."),
            mark("Laat de instantie en haar toepassing registreren door de beheerder."),
        ),
        Problem(
            "no-objection",
            mark("Bezwaar maken kan hier niet"),
            mark("De wet verplicht de instantie om dit te lezen."),
            mark("U kunt de instantie vragen waarom ze las, of een klacht indienen."),
        ),
        Problem(
            "bad-term",
            mark("Er klopt iets niet in wat gestuurd werd"),
            mark("Een deel ontbreekt, is van een andere soort of spreekt een ander deel tegen."),
            mark("Verbeter elke plaats die in het antwoord staat, en stuur het opnieuw."),
        ),
        Problem(
            "unknown-term",
            mark("Er staat iets in dat Kluis niet kent"),
            mark("Wat Kluis niet kent, laat het niet stil weg."),
            mark("Haal weg wat in het antwoord genoemd is, en stuur het opnieuw."),
        ),
        Problem(
            "stale",
            mark("Er veranderde intussen iets"),
            mark("Iemand veranderde dit nadat u het las. Er is nog niets gedaan."),
            mark("Lees het opnieuw, en beslis dan."),
        ),
        Problem(
            "not-found",
            mark("Hier is niets van u"),
            mark("Deze pagina bestaat niet, of is niet van u."),
            mark("Ga naar het overzicht."),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule that answers name with `ldp:constrainedBy`."""

    title: str
    meaning: str
    rules: tuple[str, ...]


CONSTRAINTS = {
    "containment": Constraint(
        mark("Mappen en namen"),
        mark("Wat in een map staat, houdt Kluis zelf bij."),
        (
            mark("Een map en een bestand kunnen niet dezelfde naam hebben."),
            mark("Een map verdwijnt pas als ze leeg is. De bovenste map blijft altijd."),
            mark("De lijst van een map verandert alleen doordat er iets bij komt of weggaat."),
            mark("Sommige namen vlak onder een kluis zijn voor de server zelf."),
        ),
    ),
    "acl": Constraint(
        mark("Toegangsregels"),
        mark("Een toegangsregel die Kluis niet zeker kan toepassen, wordt niet bewaard."),
        (
            mark("De bovenste regel laat altijd iemand de baas over de kluis."),
            mark("Niet iedereen kan de baas zijn: die plaats is voor mensen met een naam."),
            mark("Een voorwaarde die Kluis niet kent, wordt geweigerd. Ze zou te veel toelaten."),
            mark("Een regel blijft klein genoeg om bij elk lezen te worden nagekeken."),
        ),
    ),
    "inbox": Constraint(
        mark("De postbus van een kluis"),
        mark("Anderen kunnen in een postbus iets achterlaten, maar er niet in lezen."),
        (
            mark("Een bericht is RDF, zegt iets, en heeft hoogstens 64 KiB."),
            mark("Eén afzender laat hoogstens 60 berichten per uur achter."),
        ),
    ),
    "profile": Constraint(
        mark("Uw profiel"),
        mark("Uw profiel zegt wie voor u mag spreken. Daarom is het extra beschermd."),
        (
            mark("Wie u aanmeldt (solid:oidcIssuer), verandert alleen vanuit uw account."),
            mark("Het profiel blijft staan zolang uw account bestaat."),
        ),
    ),
    "quota": Constraint(
        mark("Hoeveel er in een kluis past"),
        mark("Een kluis en een bestand hebben een grootste maat."),
        (
            mark("Wat te groot is, wordt niet bewaard, ook niet voor een deel."),
            mark("Maak plaats door iets te wissen, of vraag de beheerder om meer."),
        ),
    ),
}
