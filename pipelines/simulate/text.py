"""What customers say, in Russian and English: a beginning and an end that are put together in every way, by mood."""

from __future__ import annotations

from pipelines.simulate.chance import Texts
from pipelines.simulate.ledger import as_json, texts

_PARTS: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "ru": {
        "disappointed": (
            ("Я разочарована", "Я разочарован", "Очень жаль, но я недоволен", "Я недовольна", "Такого от вас не ожидал", "Терпение кончилось"),
            (
                ": жду уже вторую неделю.",
                ", меня гоняют от одного к другому.",
                ": никто так и не перезвонил.",
                ", хотя заплатил вперёд.",
                " вашей поддержкой.",
            ),
        ),
        "problem": (
            ("Есть проблема", "У меня не работает", "Снова та же беда", "После вашего мастера стало хуже"),
            (
                ": личный кабинет не открывается.",
                ": оплата прошла, а заказа нет.",
                ": прибор не включается.",
                ": списали деньги дважды.",
                " с доставкой.",
            ),
        ),
        "promise": (
            ("Не так, как вы обещали в рекламе", "Работает, но не так, как я хочу", "Обещали за два дня", "На сайте написано другое"),
            (".", ": срок давно прошёл.", ", верните деньги.", " — где обещанная скидка?", ", а пришлось ехать самой."),
        ),
        "praise": (
            ("Спасибо", "Всё отлично", "Очень вежливый сотрудник", "Мастер приехал вовремя", "Приятно удивлена"),
            ("!", ", решили за пять минут.", ", буду советовать друзьям.", ": даже скидку сделали.", ", вернусь ещё."),
        ),
        "question": (
            ("Подскажите", "Добрый день, хочу узнать", "Здравствуйте", "Вопрос"),
            (", где мой заказ?", ", как сменить адрес?", ", когда приедет мастер?", ": можно ли вернуть товар?", ", почему изменилась сумма?"),
        ),
    },
    "en": {
        "disappointed": (
            ("I am disappointed", "I am not satisfied", "This is not what I expected", "I am tired of this", "Very unhappy"),
            (
                ": two weeks and no answer.",
                ", I am passed from one desk to another.",
                ": nobody called back.",
                " although I paid in advance.",
                " with your support.",
            ),
        ),
        "problem": (
            ("There is a problem", "It does not work", "The same fault again", "It got worse after the visit"),
            (": I can't sign in.", ": paid, but there is no order.", ": the device won't start.", ": charged twice.", " with the delivery."),
        ),
        "promise": (
            ("Not what your advertisement promised", "It works, but not the way I want", "You promised two days", "Your site says otherwise"),
            (".", ": that was long ago.", ", I want a refund.", " and where is the discount?", ", so I had to come myself."),
        ),
        "praise": (
            ("Thank you", "All went well", "A very kind person helped me", "The engineer came on time", "A pleasant surprise"),
            ("!", ", solved in five minutes.", ", I will tell my friends.", ": even a discount.", ", I will be back."),
        ),
        "question": (
            ("Please tell me", "Good day, a question", "Hello", "I wonder"),
            (
                ", where is my order?",
                ", how do I change the address?",
                ", when does the engineer come?",
                ": may I return this?",
                ", why is the bill different?",
            ),
        ),
    },
}


def _all_ways(parts: tuple[tuple[str, ...], tuple[str, ...]]) -> Texts:
    return texts([as_json(begin + end) for begin in parts[0] for end in parts[1]])


TEXTS: dict[str, dict[str, Texts]] = {language: {mood: _all_ways(parts) for mood, parts in moods.items()} for language, moods in _PARTS.items()}
"""TEXTS[language][mood]: the sentences, each a JSON string."""
