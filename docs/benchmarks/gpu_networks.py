"""The papers' network, loops over classes as in their code, and the evaluation."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import MultiStepLR

BATCH = 256


class ConvNet(nn.Sequential):
    """Three blocks of convolution, instance normalization, rectifier and pooling."""

    def __init__(self, image_shape, n_outputs, width=128):
        channels, height, side = image_shape
        blocks = []
        for i in range(3):
            # The papers pad MNIST's images from 28 to 32 pixels a side.
            padding = 3 if i == 0 and (height, side) == (28, 28) else 1
            blocks += [
                nn.Conv2d(channels, width, 3, padding=padding),
                nn.GroupNorm(width, width),
                nn.ReLU(),
                nn.AvgPool2d(2),
            ]
            height, side = ((s + 2 * padding - 2) // 2 for s in (height, side))
            channels = width
        head = nn.Linear(width * height * side, n_outputs)
        super().__init__(*blocks, nn.Flatten(), head)


class LoopOverClasses:
    """Steps that pass through the classes one after the other, as the papers' code.

    Parameters
    ----------
    real : Tensor of shape (n_classes, n, C, H, W)
    n_synthetic, n_real : int
        Images a class and step.
    width : int
    """

    def __init__(self, real, n_synthetic, n_real, width):
        self.real, self.n_real = real, n_real
        self.width = width
        self.synthetic = real[:, :n_synthetic].clone().requires_grad_()
        self.optimizer = torch.optim.SGD([self.synthetic], lr=1.0, momentum=0.5)

    def distribution_matching_step(self):
        """Match the mean features of each class in a new network (Zhao and Bilen)."""
        embed = nn.Sequential(*list(self._network())[:-1]).requires_grad_(False)
        loss = 0.0
        for code in range(len(self.real)):
            with torch.no_grad():
                aim = embed(self._batch(code)).mean(0)
            loss = loss + (embed(self.synthetic[code]).mean(0) - aim).square().sum()
        self._move(loss)

    def gradient_matching_step(self):
        """Match the gradients of each class in a new network (Zhao et al.)."""
        network = self._network()
        weights = [p for p in network.parameters() if p.ndim > 1]
        loss = 0.0
        for code in range(len(self.real)):
            aims = self._gradients(network, weights, self._batch(code), code)
            found = self._gradients(
                network, weights, self.synthetic[code], code, create_graph=True
            )
            for a, f in zip(aims, found, strict=True):
                alike = F.cosine_similarity(a.flatten(1), f.flatten(1), dim=1)
                loss = loss + (1.0 - alike).sum()
        self._move(loss)

    def _network(self):
        network = ConvNet(self.real.shape[2:], len(self.real), self.width)
        return network.to(self.real.device)

    def _batch(self, code):
        chosen = torch.randperm(self.real.shape[1])[: self.n_real]
        return self.real[code, chosen.to(self.real.device)]

    def _gradients(self, network, weights, images, code, create_graph=False):
        labels = torch.full((len(images),), code, device=images.device)
        loss = F.cross_entropy(network(images), labels)
        return torch.autograd.grad(loss, weights, create_graph=create_graph)

    def _move(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        loss.item()


def augmented(images):
    """Return images after one augmentation, drawn for all; no flips, for digits."""
    change = (brighter, cut_out, moved)[int(torch.randint(3, ()))]
    return change(images)


def uniform(images, low, high):
    """Return a number for each image."""
    return low + (high - low) * torch.rand(len(images), device=images.device)


def brighter(images):
    return images + uniform(images, -0.5, 0.5).view(-1, 1, 1, 1)


def cut_out(images):
    """Set a square of half the side to the mean."""
    side = images.shape[-1]
    at = torch.arange(side, device=images.device)
    inside = [
        (at - uniform(images, 0, side)[:, None]).abs() < side / 4 for _ in range(2)
    ]
    hole = inside[0][:, :, None] & inside[1][:, None, :]
    return images.masked_fill(hole[:, None], 0.0)


def moved(images):
    """Rotate by up to 15 degrees, scale by up to 1.2, shift by up to an eighth."""
    angle = uniform(images, -math.pi / 12, math.pi / 12)
    scale = 1.2 ** uniform(images, -1.0, 1.0)
    cos, sin = scale * angle.cos(), scale * angle.sin()
    shifts = [uniform(images, -0.25, 0.25) for _ in range(2)]
    theta = torch.stack([cos, -sin, shifts[0], sin, cos, shifts[1]], dim=1)
    grid = F.affine_grid(theta.view(-1, 2, 3), images.shape, align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def trained(images, labels, *, width, epochs, seed):
    """Return a network trained on images and label probabilities.

    SGD with momentum 0.9, weight decay 5e-4 and step 0.01, cut to a tenth after half of
    the epochs.
    """
    torch.manual_seed(seed)
    network = ConvNet(images.shape[1:], labels.shape[1], width).to(images.device)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4
    )
    schedule = MultiStepLR(optimizer, [epochs // 2 + 1], gamma=0.1)
    for _ in range(epochs):
        for rows in torch.randperm(len(images), device=images.device).split(BATCH):
            loss = F.cross_entropy(network(augmented(images[rows])), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    return network


@torch.no_grad()
def accuracy(network, images, y):
    """Return the share of images whose class the network predicts."""
    predicted = [network(part).argmax(1) for part in images.split(BATCH)]
    return float((torch.cat(predicted) == y).double().mean())
