"""The words of the benchmark's customers, as many different ones as a real country has, made from real ones and syllables."""

from itertools import product

from audience_assets.synthetic.vocabulary import AREA_CODES, CATEGORIES, STATE_NAMES

AREAS = AREA_CODES
STATES = tuple(STATE_NAMES)
PRODUCT_CATEGORIES = CATEGORIES
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "correio.example.org")
"""Reserved for examples by RFC 2606, so that no address can be anybody's."""

AUDIENCES = (
    "vip", "churn risk", "alto valor", "frequentes", "novos clientes", "aniversariantes", "usuários do app",
    "sem compra há 90 dias", "clube fidelidade", "carrinho abandonado", "pais & mães", "campanha de verão",
)  # fmt: skip

COMMON_FIRST = (
    "Maria", "José", "Ana", "João", "Antônio", "Francisco", "Carlos", "Paulo", "Pedro", "Lucas", "Luiz", "Marcos",
    "Luís", "Gabriel", "Rafael", "Francisca", "Daniel", "Marcelo", "Bruno", "Eduardo", "Felipe", "Antônia",
    "Adriana", "Juliana", "Márcia", "Fernanda", "Patrícia", "Aline", "Sandra", "Camila", "Amanda", "Bruna",
    "Jéssica", "Letícia", "Júlia", "Luciana", "Vanessa", "Mariana", "Gabriela", "Vitória", "Larissa", "Cláudia",
    "Beatriz", "Rita", "Sônia", "Renata", "Eliane", "André", "Fábio", "Sebastião", "Tânia", "Davi", "Heitor",
    "Maria Clara", "Ana Paula", "João Pedro", "José Carlos", "Maria Eduarda", "Ana Clara", "Pedro Henrique",
)  # fmt: skip
COMMON_LAST = (
    "Silva", "Santos", "Oliveira", "Souza", "Rodrigues", "Ferreira", "Alves", "Pereira", "Lima", "Gomes", "Costa",
    "Ribeiro", "Martins", "Carvalho", "Almeida", "Lopes", "Soares", "Fernandes", "Vieira", "Barbosa", "Rocha",
    "Dias", "Nascimento", "Andrade", "Moreira", "Nunes", "Marques", "Machado", "Mendes", "Freitas", "Cardoso",
    "Ramos", "Gonçalves", "Santana", "Teixeira", "Araújo", "Conceição", "Assunção", "Guimarães", "Magalhães",
    "da Silva", "dos Santos", "de Oliveira", "de Souza", "da Costa", "Sant'Anna", "D'Ávila", "Falcão", "Simões",
)  # fmt: skip

_BEGINNINGS = (
    "Al", "Be", "Cla", "Da", "Edi", "Fla", "Gra", "He", "Iva", "Jo", "Ke", "Lu", "Mar", "Ni", "Ota", "Ra",
)  # fmt: skip
_MIDDLES = ("", "ri", "va", "ne", "li", "do", "sa", "mi", "te", "cí", "lâ", "zu")
_FEMALE_AND_MALE_ENDS = (
    "ana", "ilda", "elle", "ície", "line", "ane", "ira", "ência", "son", "aldo", "elton", "berto", "mir", "ício",
    "tônio", "valdo",
)  # fmt: skip
_FAMILY_ENDS = (
    "eira", "ães", "inho", "ato", "edo", "ques", "ello", "andes", "ardi", "oso", "ório", "ano", "etti", "ura",
    "ão", "enberg",
)  # fmt: skip
_KINDS_OF_PLACE = (
    "Santa", "São", "Nova", "Vila", "Porto", "Campo", "Monte", "Rio", "Barra", "Lagoa", "Pedra", "Serra",
)  # fmt: skip
_KINDS_OF_NEIGHBORHOOD = (
    "Jardim", "Vila", "Parque", "Residencial", "Conjunto", "Alto", "Chácara", "Bairro", "Loteamento", "Cidade",
)  # fmt: skip

CITIES = 5_570
NEIGHBORHOODS = 30_000


def first_names() -> list[str]:
    """Some 3,100 first names, the most common ones in front."""
    return [*COMMON_FIRST, *_joined(_BEGINNINGS, _MIDDLES, _FEMALE_AND_MALE_ENDS)]


def last_names() -> list[str]:
    """Some 3,100 family names, the most common ones in front."""
    return [*COMMON_LAST, *_joined(_BEGINNINGS, _MIDDLES, _FAMILY_ENDS)]


def cities() -> list[str]:
    """As many cities as Brazil has municipalities."""
    return _places(_KINDS_OF_PLACE, CITIES)


def neighborhoods() -> list[str]:
    """As many neighborhoods as a large retailer ships to."""
    return _places(_KINDS_OF_NEIGHBORHOOD, NEIGHBORHOODS)


def _places(kinds: tuple[str, ...], count: int) -> list[str]:
    names = _joined(_BEGINNINGS, _MIDDLES, _FAMILY_ENDS)
    together = [f"{kind} {name}" for name, kind in product(names, kinds)]
    numbered = (f"{place} {number}" for number in range(2, 9) for place in together)
    return [*together, *numbered][:count]


def _joined(*parts: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys("".join(each) for each in product(*parts)))
