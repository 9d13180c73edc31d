package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.stream.LongStream;

/** Channels and pixels of images in other places. */
final class Shuffles {
    private Shuffles() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("pixel_shuffle(Tensor self, int upscale_factor) -> Tensor")
                        .doc("[…, C · r², H, W] as [..., C, H · r, W · r]")
                        .gradFn("PixelShuffleBackward0")
                        .complex()
                        .types(one(Shuffles::shuffled))
                        .vjp("self", n -> n.grad().call("pixel_unshuffle", n.raw("upscale_factor")))
                        .decompose(n -> {
                            long r = n.integer("upscale_factor");
                            Split image = Split.of(n.shape("self"));
                            Shape target = shuffled(n.call()).shape();
                            return n.arg("self")
                                    .reshape(image.batch, image.channels / (r * r), r, r, image.height, image.width)
                                    .permute(0, 1, 4, 2, 5, 3)
                                    .reshape(target);
                        })
                        .samples("float64[2, 8, 1, 3], 2", "complex128[1, 4, 1, 2], 2"),
                operator("pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor")
                        .doc("[…, C, H · r, W · r] as [..., C · r², H, W]")
                        .gradFn("PixelUnshuffleBackward0")
                        .complex()
                        .types(one(Shuffles::unshuffled))
                        .vjp("self", n -> n.grad().call("pixel_shuffle", n.raw("downscale_factor")))
                        .decompose(n -> {
                            long r = n.integer("downscale_factor");
                            Split image = Split.of(n.shape("self"));
                            Shape target = unshuffled(n.call()).shape();
                            return n.arg("self")
                                    .reshape(image.batch, image.channels, image.height / r, r, image.width / r, r)
                                    .permute(0, 1, 3, 5, 2, 4)
                                    .reshape(target);
                        })
                        .samples("float64[2, 4, 6], 2", "complex128[1, 4, 2], 2"),
                operator("channel_shuffle(Tensor self, int groups) -> Tensor")
                        .doc("channels dealt out: those of each group side by side")
                        .gradFn("ChannelShuffleBackward0")
                        .complex()
                        .types(one(call -> {
                            long groups = call.integer("groups");
                            Shape self = call.shape("self");
                            Require.that(groups > 0, "groups", "must be positive, but is " + groups);
                            if (self.rank() < 3 || self.dim(1) % groups != 0) {
                                throw Require.shape(
                                        "self",
                                        "must have channels that " + groups + " groups divide, but has shape " + self);
                            }
                            return call.type("self");
                        }))
                        .vjp(
                                "self",
                                n -> n.grad()
                                        .call("channel_shuffle", n.shape("self").dim(1) / n.integer("groups")))
                        .decompose(n -> {
                            Shape self = n.shape("self");
                            long groups = n.integer("groups");
                            Shape split = self.withDim(1, self.dim(1) / groups).insertDim(1, groups);
                            return n.arg("self").reshape(split).transpose(1, 2).reshape(self);
                        })
                        .samples("float64[2, 6, 3], 3", "complex128[1, 6, 2], 3"));
    }

    private record Split(long batch, long channels, long height, long width) {
        static Split of(Shape image) {
            int rank = image.rank();
            long batch = LongStream.of(image.dims()).limit(rank - 3L).reduce(1, Math::multiplyExact);
            return new Split(batch, image.dim(rank - 3), image.dim(rank - 2), image.dim(rank - 1));
        }
    }

    private static TensorType shuffled(Call call) {
        Shape self = image(call, "upscale_factor");
        long r = call.integer("upscale_factor");
        long square = Math.multiplyExact(r, r);
        int rank = self.rank();
        if (self.dim(rank - 3) % square != 0) {
            throw Require.shape("self", "must have channels that " + square + " divides, but has shape " + self);
        }
        return call.type("self")
                .withShape(self.withDim(rank - 3, self.dim(rank - 3) / square)
                        .withDim(rank - 2, Math.multiplyExact(self.dim(rank - 2), r))
                        .withDim(rank - 1, Math.multiplyExact(self.dim(rank - 1), r)));
    }

    private static TensorType unshuffled(Call call) {
        Shape self = image(call, "downscale_factor");
        long r = call.integer("downscale_factor");
        int rank = self.rank();
        if (self.dim(rank - 2) % r != 0 || self.dim(rank - 1) % r != 0) {
            throw Require.shape("self", "must have height and width that " + r + " divides, but has shape " + self);
        }
        return call.type("self")
                .withShape(self.withDim(rank - 3, Math.multiplyExact(self.dim(rank - 3), Math.multiplyExact(r, r)))
                        .withDim(rank - 2, self.dim(rank - 2) / r)
                        .withDim(rank - 1, self.dim(rank - 1) / r));
    }

    private static Shape image(Call call, String factor) {
        Require.that(call.integer(factor) > 0, factor, "must be positive, but is " + call.integer(factor));
        Shape self = call.shape("self");
        if (self.rank() < 3) {
            throw Require.shape("self", "must have channels, height and width, but has shape " + self);
        }
        return self;
    }
}
