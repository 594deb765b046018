"""What the portal says when something may not be done: a sentence that says why, and what to do."""


class Refused(Exception):
    """The action may not be done now, to this. The message is a sentence for the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
