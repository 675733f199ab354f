"""The words synthetic people are made of: names of several scripts, Brazilian places, audiences and categories."""

from __future__ import annotations

from typing import Final, NamedTuple

FEMALE_NAMES: Final = (
    "Ana", "Maria", "Júlia", "Beatriz", "Larissa", "Fernanda", "Patrícia", "Luciana", "Conceição",
    "Aparecida", "Débora", "Natália", "Mônica", "Letícia", "Tânia", "Flávia", "Eloá", "Antônia",
    "Raíssa", "Simone", "Ana Clara", "Maria Luíza", "Ana-Luísa", "Maria do Carmo", "Joana d'Arc",
    "Thaís", "Inês", "Núria", "Begoña", "María José", "Käthe", "Małgorzata", "Zofia", "Grażyna", "Siân",
    "Renée", "Ελένη", "Μαρία", "Наталья", "Ольга", "さくら", "美咲", "İpek", "İrem",
)  # fmt: skip
MALE_NAMES: Final = (
    "João", "José", "Antônio", "Luís", "Allan", "Paulo", "Marcelo", "Sérgio", "Vinícius", "Caíque",
    "Estêvão", "Otávio", "Márcio", "Fábio", "Rogério", "Tiago", "Ângelo", "Davi", "Heitor",
    "João Pedro", "José Carlos", "Luís Otávio", "Jean-Luc", "Íñigo", "Andrés", "Jürgen", "Günther",
    "Łukasz", "Paweł", "Sean", "Γιώργος", "Νίκος", "Ανδρέας", "Дмитрий", "Сергей", "太郎", "健太",
    "İbrahim", "İsmail",
)  # fmt: skip
BRAZILIAN_SURNAMES: Final = (
    "Silva", "Santos", "Oliveira", "Souza", "Gonçalves", "Araújo", "Conceição", "Magalhães", "Assunção",
    "Simões", "Guimarães", "Brandão", "Falcão", "Leão", "Antunes", "Barbosa", "Cavalcânti", "Estêves",
    "Fogaça", "Inácio", "Quirós", "Tomé", "Vergílio", "Xavier", "Peçanha", "Rolim", "Sertão",
)  # fmt: skip
OTHER_SURNAMES: Final = (
    "da Silva", "de Souza", "dos Santos", "d'Ávila", "D'Ângelo", "Sant'Anna", "Sá-Carneiro",
    "Vila-Lobos", "O'Brien", "García Márquez", "Núñez", "Müller", "Weiß", "Groß", "Schröder",
    "Kowalczyk", "Wiśniewski", "Żółkiewska", "Παπαδόπουλος", "Αντωνίου", "Νικολάου", "Иванов",
    "Кузнецова", "田中", "山田", "鈴木", "İnönü", "Yılmaz",  # noqa: RUF001
)  # fmt: skip


class Place(NamedTuple):
    """A Brazilian city with its state, the first three digits of its postal codes and some neighborhoods."""

    city: str
    state: str
    postal_prefix: str
    neighborhoods: tuple[str, ...]


PLACES: Final = (
    Place("São Paulo", "SP", "013", ("Bela Vista", "Consolação", "Jardim Paulista", "Sé")),
    Place("São Paulo", "SP", "045", ("Vila Nova Conceição", "Itaim Bibi", "Moema")),
    Place("Santo André", "SP", "090", ("Jardim Bela Vista", "Vila Assunção")),
    Place("Campinas", "SP", "130", ("Cambuí", "Taquaral")),
    Place("Santa Bárbara d'Oeste", "SP", "134", ("Centro", "Jardim Pérola")),
    Place("Rio de Janeiro", "RJ", "220", ("Copacabana", "Leblon", "Tijuca")),
    Place("Niterói", "RJ", "242", ("Icaraí", "São Francisco")),
    Place("Vitória", "ES", "290", ("Praia do Canto", "Jardim da Penha")),
    Place("Belo Horizonte", "MG", "301", ("Savassi", "Funcionários", "Santo Antônio")),
    Place("Uberlândia", "MG", "384", ("Santa Mônica", "Tibery")),
    Place("Salvador", "BA", "401", ("Barra", "Graça", "Pituba")),
    Place("Aracaju", "SE", "490", ("Atalaia", "Grageru")),
    Place("Recife", "PE", "500", ("Boa Viagem", "Graças", "Espinheiro")),
    Place("Maceió", "AL", "570", ("Pajuçara", "Ponta Verde")),
    Place("João Pessoa", "PB", "580", ("Tambaú", "Manaíra")),
    Place("Natal", "RN", "590", ("Ponta Negra", "Tirol")),
    Place("Fortaleza", "CE", "601", ("Aldeota", "Meireles")),
    Place("Teresina", "PI", "640", ("Jóquei", "Fátima")),
    Place("São Luís", "MA", "650", ("Olho d'Água", "Calhau")),
    Place("Belém", "PA", "660", ("Nazaré", "Umarizal")),
    Place("Macapá", "AP", "689", ("Buritizal", "Central")),
    Place("Manaus", "AM", "690", ("Adrianópolis", "Parque 10 de Novembro")),
    Place("Boa Vista", "RR", "693", ("Caçari", "Paraviana")),
    Place("Rio Branco", "AC", "699", ("Bosque", "Estação Experimental")),
    Place("Brasília", "DF", "701", ("Asa Norte", "Asa Sul")),
    Place("Goiânia", "GO", "741", ("Setor Bueno", "Setor Marista")),
    Place("Porto Velho", "RO", "768", ("Olaria", "São Cristóvão")),
    Place("Palmas", "TO", "770", ("Plano Diretor Sul", "Taquaralto")),
    Place("Cuiabá", "MT", "780", ("Bosque da Saúde", "Goiabeiras")),
    Place("Campo Grande", "MS", "790", ("Jardim dos Estados", "Chácara Cachoeira")),
    Place("Curitiba", "PR", "800", ("Água Verde", "Batel", "Juvevê")),
    Place("Florianópolis", "SC", "880", ("Trindade", "Córrego Grande")),
    Place("Porto Alegre", "RS", "900", ("Moinhos de Vento", "Menino Deus")),
    Place("Sant'Ana do Livramento", "RS", "975", ("Centro", "Prado")),
)

STATE_NAMES: Final = {
    "AC": "Acre", "AL": "Alagoas", "AM": "Amazonas", "AP": "Amapá", "BA": "Bahia", "CE": "Ceará",
    "DF": "Distrito Federal", "ES": "Espírito Santo", "GO": "Goiás", "MA": "Maranhão", "MG": "Minas Gerais",
    "MS": "Mato Grosso do Sul", "MT": "Mato Grosso", "PA": "Pará", "PB": "Paraíba", "PE": "Pernambuco",
    "PI": "Piauí", "PR": "Paraná", "RJ": "Rio de Janeiro", "RN": "Rio Grande do Norte", "RO": "Rondônia",
    "RR": "Roraima", "RS": "Rio Grande do Sul", "SC": "Santa Catarina", "SE": "Sergipe", "SP": "São Paulo",
    "TO": "Tocantins",
}  # fmt: skip

GENDER_WORDS: Final = {
    "F": (
        "F", "f", " F ", "feminino", "Feminino", "FEMININO", "Mulher", "female", "Female", "mujer", "femenino",
    ),
    "M": ("M", "m", " M", "masculino", "Masculino", "MASCULINO", "homem", "male", "Male", "hombre"),
    "O": ("O", "outro", "Outro", "other", "otro", "não binário", "NÃO BINÁRIO"),
}  # fmt: skip
COUNTRY_WORDS: Final = {
    "BR": ("BR", "BR", "BR", "Brasil", "Brazil", "BRA", "br", "BRASIL", " Brasil "),
    "PT": ("PT", "Portugal", "PRT"),
    "US": ("US", "United States", "Estados Unidos", "USA"),
}

FOREIGN_CITIES: Final = (("PT", "Lisboa"), ("PT", "Évora"), ("US", "New York"), ("US", "Miami"))

# The real area codes: none has a zero in it, and 55 is both an area code and the country's own.
AREA_CODES: Final = (
    "11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "22", "24", "27", "28", "31", "32",
    "33", "34", "35", "37", "38", "41", "42", "43", "44", "45", "46", "47", "48", "49", "51", "53",
    "54", "55", "61", "62", "63", "64", "65", "66", "67", "68", "69", "71", "73", "74", "75", "77",
    "79", "81", "82", "83", "84", "85", "86", "87", "88", "89", "91", "92", "93", "94", "95", "96",
    "97", "98", "99",
)  # fmt: skip

EMAIL_DOMAINS: Final = ("example.com", "example.com.br", "exemplo.test")

AUDIENCES: Final = (
    "vip", "churn risk", "alto valor", "Black Friday", "frequentes", "novos clientes", "aniversariantes",
    "usuários do app", "sem compra há 90 dias", "clube fidelidade", "carrinho abandonado", "pais & mães",
)  # fmt: skip

CATEGORIES: Final = (
    "Tablets", "Celulares > Smartphones", "Bebidas > Bebidas Não Alcoólicas", "Bebidas > Vinhos > Tintos",
    "Livros > Gastronomia > Guias de Bares e Restaurantes", "Casa > Cama, Mesa e Banho", "Pet Shop > Cães",
    "Beleza > Cabelos", "Esporte > Corrida > Tênis", "Bebês > Fraldas", "Mercearia", "Papelaria > Escritório",
)  # fmt: skip
