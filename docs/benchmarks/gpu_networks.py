"""Networks, training and plain loops over classes as in the methods' papers."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import MultiStepLR

BATCH = 256


class ConvNet(nn.Sequential):
    """Three blocks of convolution, instance normalization, ReLU and average pooling."""

    def __init__(self, image_shape, n_outputs, width=128):
        channels, height, side = image_shape
        blocks = []
        for i in range(3):
            # Pad MNIST images from 28 x 28 to 32 x 32 pixels as the papers do.
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
    """Training steps that process one class at a time, as in the papers' code.

    Parameters
    ----------
    real : Tensor of shape (n_classes, n_images, n_channels, height, width)
        The real images of each class.
    n_synthetic, n_real : int
        The number of distilled and of real images per class in each step.
    width : int
        The number of channels of the networks.
    """

    def __init__(self, real, n_synthetic, n_real, width):
        self.real, self.n_real = real, n_real
        self.width = width
        self.synthetic = real[:, :n_synthetic].clone().requires_grad_()
        self.optimizer = torch.optim.SGD([self.synthetic], lr=1.0, momentum=0.5)

    def distribution_matching_step(self):
        """Match the mean embedding of each class in a new network (Zhao and Bilen)."""
        embed = nn.Sequential(*list(self._network())[:-1]).requires_grad_(False)
        loss = 0.0
        for code in range(len(self.real)):
            with torch.no_grad():
                real = embed(self._batch(code)).mean(0)
            loss = loss + (embed(self.synthetic[code]).mean(0) - real).square().sum()
        self._update(loss)

    def gradient_matching_step(self):
        """Match the gradients of each class in a new network (Zhao et al.)."""
        network = self._network()
        weights = [p for p in network.parameters() if p.ndim > 1]
        loss = 0.0
        for code in range(len(self.real)):
            real = self._gradients(network, weights, self._batch(code), code)
            synthetic = self._gradients(
                network, weights, self.synthetic[code], code, create_graph=True
            )
            for r, s in zip(real, synthetic, strict=True):
                similarity = F.cosine_similarity(r.flatten(1), s.flatten(1), dim=1)
                loss = loss + (1.0 - similarity).sum()
        self._update(loss)

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

    def _update(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        loss.item()


def augmented(images):
    """Apply one random augmentation to all images.

    Flips are excluded because mirrored digits lose their meaning.
    """
    augmentation = (brighter, cut_out, moved)[int(torch.randint(3, ()))]
    return augmentation(images)


def uniform(images, low, high):
    """Draw one number per image from a uniform distribution."""
    return low + (high - low) * torch.rand(len(images), device=images.device)


def brighter(images):
    """Add a random number to all pixels of each image."""
    return images + uniform(images, -0.5, 0.5).view(-1, 1, 1, 1)


def cut_out(images):
    """Set a random square, half as wide as the image, to 0.

    The value 0 is the mean of the standardized pixels.
    """
    side = images.shape[-1]
    at = torch.arange(side, device=images.device)
    inside = [
        (at - uniform(images, 0, side)[:, None]).abs() < side / 4 for _ in range(2)
    ]
    hole = inside[0][:, :, None] & inside[1][:, None, :]
    return images.masked_fill(hole[:, None], 0.0)


def moved(images):
    """Rotate images by up to 15 degrees, scale by up to 1.2 and shift by up to 1/8."""
    angle = uniform(images, -math.pi / 12, math.pi / 12)
    scale = 1.2 ** uniform(images, -1.0, 1.0)
    cos, sin = scale * angle.cos(), scale * angle.sin()
    shifts = [uniform(images, -0.25, 0.25) for _ in range(2)]
    theta = torch.stack([cos, -sin, shifts[0], sin, cos, shifts[1]], dim=1)
    grid = F.affine_grid(theta.view(-1, 2, 3), images.shape, align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def trained(images, labels, *, width, epochs, seed):
    """Return a network that is trained on images and soft labels.

    The optimizer is SGD with momentum 0.9, weight decay 5e-4 and learning rate 0.01.
    The learning rate is divided by 10 after half of the epochs.
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
    """Return the fraction of images whose class the network predicts correctly."""
    predicted = [network(part).argmax(1) for part in images.split(BATCH)]
    return float((torch.cat(predicted) == y).double().mean())
