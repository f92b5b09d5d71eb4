"""The network: one encoder and, on its vectors of words, heads for entities, relations and a line's problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from critparse.learn.crf import ConditionalRandomField
from critparse.nlp.encoder.geometry import DISTANCES
from critparse.nlp.encoder.names import NAMES
from critparse.nlp.encoder.tags import TagSet
from critparse.nlp.encoder.words import SHAPES

RELATION_WIDTH = 96
_HEAD_DROPOUT = 0.2


class Window(nn.Module):
    """Lets every word see its two neighbours: spaCy's maxout window, with a residual connection."""

    def __init__(self, width: int, pieces: int = 2) -> None:
        super().__init__()
        self.mix = nn.Linear(3 * width, width * pieces)
        self.norm = nn.LayerNorm(width)
        self.pieces = pieces

    def forward(self, words: Tensor) -> Tensor:
        padded = nn.functional.pad(words, (0, 0, 1, 1))
        mixed = self.mix(torch.cat((padded[:, :-2], words, padded[:, 2:]), dim=2))
        best = mixed.unflatten(2, (self.pieces, words.shape[2])).amax(dim=2)
        return self.norm(words + best)


class Network(nn.Module):
    """``encoder``: a BERT model without pooling; ``layers``: tag sets by name; counts of relations and problems."""

    def __init__(
        self, encoder: Any, layers: Mapping[str, TagSet], types: int, relations: int, problems: int, windows: int = 1
    ) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.shapes = nn.Embedding(SHAPES, width)
        nn.init.normal_(self.shapes.weight, std=0.02)
        self.names = nn.Embedding(NAMES, width)
        nn.init.normal_(self.names.weight, std=0.02)
        self.name_pieces = nn.Embedding(NAMES, width, padding_idx=0)
        nn.init.zeros_(self.name_pieces.weight)
        self.windows = nn.Sequential(*(Window(width) for _ in range(windows)))
        self.dropout = nn.Dropout(_HEAD_DROPOUT)
        self.emissions = nn.ModuleDict({name: nn.Linear(width, len(tags)) for name, tags in layers.items()})
        self.fields = nn.ModuleDict({name: ConditionalRandomField(tags) for name, tags in layers.items()})
        self.ends = nn.Linear(width, 4 * RELATION_WIDTH)  # first and last word of a relation's first and second end
        self.relations = RelationHead(types, relations)
        self.problems = nn.Linear(width, problems)

    def words(
        self, pieces: Tensor, mask: Tensor | None, names: Tensor, firsts: Tensor, shapes: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Vectors of the words (by their first pieces) and of the line.

        Shapes: pieces, mask and names (B, P), firsts and shapes (B, W). ``names``: at the first piece of a word the
        number of the dictionary name it belongs to, else 0.
        """
        embedded = self.encoder.embeddings.word_embeddings(pieces) + self.name_pieces(names)
        vectors = self.encoder(inputs_embeds=embedded, attention_mask=mask).last_hidden_state
        index = firsts.unsqueeze(2).expand(-1, -1, vectors.shape[2])
        words = vectors.gather(1, index) + self.shapes(shapes) + self.names(names.gather(1, firsts))
        return self.dropout(self.windows(words)), vectors[:, 0]


class RelationHead(nn.Module):
    """Scores every ordered pair of entities for every relation, and for none (the first)."""

    def __init__(self, types: int, relations: int) -> None:
        super().__init__()
        self.first_type = nn.Embedding(types, RELATION_WIDTH)
        self.second_type = nn.Embedding(types, RELATION_WIDTH)
        self.bilinear = nn.Parameter(torch.empty(relations + 1, RELATION_WIDTH, RELATION_WIDTH))
        nn.init.normal_(self.bilinear, std=RELATION_WIDTH**-0.5 / 4)
        self.first_linear = nn.Linear(RELATION_WIDTH, relations + 1)
        self.second_linear = nn.Linear(RELATION_WIDTH, relations + 1)
        self.distance = nn.Embedding(2 * DISTANCES + 1, relations + 1)
        self.between = nn.Embedding(DISTANCES, relations + 1)
        for table in (self.distance, self.between):
            nn.init.zeros_(table.weight)

    def forward(self, ends: Tensor, spans: Tensor, distance: Tensor, between: Tensor) -> Tensor:
        """Scores (n, n, relations + 1) for the n entities of a line.

        ``ends`` (W, 4 * width): projected words; ``spans`` (n, 3): first word, last word, type; ``distance`` and
        ``between`` (n, n): how far apart two entities are, in words and in entities, as numbers of classes.
        """
        first_word, first_last, second_word, second_last = ends.split(RELATION_WIDTH, dim=1)
        start, last, type_ = spans.unbind(1)
        one = nn.functional.relu(first_word[start] + first_last[last] + self.first_type(type_))
        other = nn.functional.relu(second_word[start] + second_last[last] + self.second_type(type_))
        scores = torch.einsum("ih,rhk,jk->ijr", one, self.bilinear, other)
        scores = scores + self.first_linear(one).unsqueeze(1) + self.second_linear(other).unsqueeze(0)
        return scores + self.distance(distance) + self.between(between)


def parameter_groups(network: Network, rate: float, decay: float, *, train_embeddings: bool) -> list[dict[str, Any]]:
    """Parameters with their learning rates: less for deeper layers, more for what starts from nothing."""
    encoder = network.encoder
    layers: Sequence[Any] = encoder.encoder.layer
    groups = [
        {"params": list(layer.parameters()), "lr": rate * decay ** (len(layers) - 1 - depth)}
        for depth, layer in enumerate(layers)
    ]
    encoder.embeddings.word_embeddings.weight.requires_grad_(train_embeddings)
    embeddings = [parameter for parameter in encoder.embeddings.parameters() if parameter.requires_grad]
    groups.append({"params": embeddings, "lr": rate * decay ** len(layers)})
    heads = [p for name, p in network.named_parameters() if not name.startswith(("encoder.", "fields."))]
    groups.append({"params": heads, "lr": 5 * rate})
    groups.append({"params": list(network.fields.parameters()), "lr": 20 * rate})
    return groups
