package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Tensors put together from several. */
final class Joins {
    private Joins() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("cat(Tensor[] tensors, int dim=0) -> Tensor")
                        .doc("tensors one behind the other along a dimension; empty ones of shape [0] take no part")
                        .gradFn("CatBackward0")
                        .alias("concat", "concatenate")
                        .complex()
                        .types(one(Joins::concatenated))
                        .vjp(List.of("tensors"), Joins::cut)
                        .batch(ViewBatching::cat)
                        .kernel("cat")
                        .samples(
                                "[float64[2, 3], float64[1, 3]]",
                                "[float64[2, 1], float64[0], float64[2, 3]], -1",
                                "[complex128[2, 3], float64[1, 3]]"),
                operator("stack(Tensor[] tensors, int dim=0) -> Tensor")
                        .doc("tensors of one shape side by side along a new dimension")
                        .gradFn("StackBackward0")
                        .complex()
                        .types(one(Joins::stacked))
                        .vjp(List.of("tensors"), n -> {
                            int dim = n.dim("dim", n.grad().rank());
                            List<@Nullable Expr> parts = new ArrayList<>();
                            for (int i = 0; i < n.list("tensors").size(); i++) {
                                parts.add(n.grad().select(dim, i));
                            }
                            return parts;
                        })
                        .batch(ViewBatching::stack)
                        .kernel("stack")
                        .samples(
                                "[float64[2, 3], float64[2, 3]], -1",
                                "[float64[], float64[], float64[]]",
                                "[complex128[2], complex128[2]]"),
                joined("hstack", n -> {
                            List<Expr> parts = atLeast(n, 1);
                            return Expr.cat(parts, parts.getFirst().rank() == 1 ? 0 : 1);
                        })
                        .doc("tensors side by side: along columns, vectors along their only dimension")
                        .samples("[float64[2, 3], float64[2, 1]]", "[float64[], float64[2]]"),
                joined("vstack", n -> Expr.cat(atLeast(n, 2), 0))
                        .alias("row_stack")
                        .doc("tensors one below the other; a vector is a row")
                        .samples("[float64[2, 3], float64[3]]"),
                joined("dstack", n -> Expr.cat(atLeast(n, 3), 2))
                        .doc("tensors one behind the other, along the third dimension")
                        .samples("[float64[2, 3], float64[2, 3]]", "[float64[2], float64[2]]"),
                joined(
                                "column_stack",
                                n -> Expr.cat(
                                        n.list("tensors").stream()
                                                .map(Joins::column)
                                                .toList(),
                                        1))
                        .doc("tensors side by side; a vector is a column")
                        .samples("[float64[2], float64[2, 3]]"));
    }

    private static Declaration joined(String name, Function<Args, Expr> expansion) {
        return Reshapes.composite(name + "(Tensor[] tensors)", n -> {
                    nonEmpty(n.call());
                    return expansion.apply(n);
                })
                .complex()
                .samples("[complex128[2, 2], complex128[2, 2]]");
    }

    private static List<Expr> atLeast(Args n, int rank) {
        return n.list("tensors").stream()
                .map(tensor -> Reshapes.atLeast(tensor, rank))
                .toList();
    }

    private static Expr column(Expr tensor) {
        return tensor.rank() <= 1
                ? tensor.call("reshape", new long[] {tensor.shape().elements(), 1})
                : tensor;
    }

    /** What {@code cat} leaves out, whatever the shape of the others. */
    private static boolean isLegacyEmpty(TensorType type) {
        return type.shape().equals(Shape.of(0));
    }

    private static TensorType concatenated(Call call) {
        List<TensorType> types = nonEmpty(call);
        DType dtype = Elementwise.resultType(types);
        List<TensorType> parts =
                types.stream().filter(type -> !isLegacyEmpty(type)).toList();
        if (parts.isEmpty()) {
            Dims.normalize(call, "dim", 1);
            return new TensorType(dtype, Shape.of(0));
        }
        Shape first = parts.getFirst().shape();
        int dim = Dims.existing(call, "dim", first);
        long extent = 0;
        for (TensorType part : parts) {
            boolean fits = part.rank() == first.rank()
                    && part.shape().withDim(dim, first.dim(dim)).equals(first);
            if (!fits) {
                throw mismatch("shapes " + first + " and " + part.shape() + " differ in more than dimension " + dim);
            }
            extent = Math.addExact(extent, part.shape().dim(dim));
        }
        return new TensorType(dtype, first.withDim(dim, extent));
    }

    private static List<@Nullable Expr> cut(Backward n) {
        List<@Nullable Expr> parts = new ArrayList<>();
        int dim = n.dim("dim", n.grad().rank());
        long start = 0;
        for (Expr tensor : n.list("tensors")) {
            if (isLegacyEmpty(tensor.type())) {
                parts.add(null);
                continue;
            }
            long end = start + tensor.size(dim);
            parts.add(n.grad().slice(dim, start, end));
            start = end;
        }
        return parts;
    }

    private static TensorType stacked(Call call) {
        List<TensorType> types = nonEmpty(call);
        Shape first = types.getFirst().shape();
        for (TensorType type : types) {
            if (!type.shape().equals(first)) {
                throw mismatch("shapes " + first + " and " + type.shape() + " are not the same");
            }
        }
        int dim = Dims.normalize(call, "dim", first.rank() + 1);
        return new TensorType(Elementwise.resultType(types), first.insertDim(dim, types.size()));
    }

    private static List<TensorType> nonEmpty(Call call) {
        List<TensorType> types = call.types("tensors");
        if (types.isEmpty()) {
            throw mismatch("must not be an empty list");
        }
        return types;
    }

    private static GraphException mismatch(String text) {
        return GraphException.argument(Reason.SHAPE_MISMATCH, "tensors", text);
    }
}
