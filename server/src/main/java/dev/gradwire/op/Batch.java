package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Parameter;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;

/** Batching rules that many operators share. */
final class Batch {
    private Batch() {}

    /** Operands broadcast: their dimensions are aligned behind the batch, and they keep their dtypes' standing. */
    static List<Expr> elementwise(Batching n) {
        Declaration declaration = declaration(n);
        Optional<DType> compute = declaration.computeDtype(n.call());
        int rank = 0;
        for (String operand : tensors(n)) {
            rank = Math.max(rank, n.rank(operand));
        }
        Map<String, Expr> changed = new HashMap<>();
        for (String operand : tensors(n)) {
            Expr aligned = n.aligned(operand, rank);
            // A batch of 0-dimensional tensors has a dimension, with which it would count for more in promotion.
            boolean scalars = n.rank(operand) == 0 && n.isBatched(operand) && declaration.isPromoted(operand);
            changed.put(operand, scalars && compute.isPresent() ? aligned.to(compute.get()) : aligned);
        }
        return n.again(changed);
    }

    /** The names of the arguments that are tensors. */
    private static List<String> tensors(Batching n) {
        return n.call().op().canonical().parameters().stream()
                .map(Parameter::name)
                .filter(name -> n.call().arg(name) instanceof Value)
                .toList();
    }

    private static Declaration declaration(Batching n) {
        return ((Declaration.Overload) n.call().op()).declaration();
    }

    /** All operands, each repeated where it is the same for all. */
    static Map<String, Object> each(Batching n) {
        Map<String, Object> all = new HashMap<>();
        for (Parameter parameter : n.call().op().canonical().parameters()) {
            Argument argument = n.call().arg(parameter.name());
            if (argument instanceof Value) {
                all.put(parameter.name(), n.each(parameter.name()));
            } else if (parameter.isTensor() && argument instanceof Argument.Items list) {
                all.put(
                        parameter.name(),
                        list.items().stream().map(item -> n.each(item)).toList());
            }
        }
        return all;
    }

    /** An operator that works on last dimensions, or on all elements alike: the batch is one more dimension before. */
    static BatchRule leading() {
        return n -> n.again(each(n));
    }

    /** The same where results that were not asked for have no element, and no batch unless they are given it. */
    static BatchRule leadingOrEmpty() {
        return n -> shaped(n, n.again(each(n)));
    }

    /** The elements of {@code self} in row-major order under the shape of the result. */
    static BatchRule reshaping() {
        return n -> List.of(n.shaped(n.self(), 0));
    }

    /**
     * An operator along dimensions named by int arguments, which count one more behind the batch. Without the argument,
     * and of a scalar, it means all elements in row-major order.
     *
     * @param tensor whose dimensions are meant
     */
    static BatchRule along(String tensor, String... dims) {
        return n -> {
            boolean all = n.rank(tensor) == 0 || !n.has(dims[0]);
            Map<String, Object> changed = each(n);
            if (all) {
                changed.replaceAll((_, whole) -> flat(n, (Expr) whole));
            }
            for (String dim : dims) {
                changed.put(dim, all ? 1 : 1 + n.dim(dim, n.rank(tensor)));
            }
            return shaped(n, n.again(changed));
        };
    }

    /** One row of elements in row-major order for each element of the batch. */
    static Expr flat(Batching n, Expr whole) {
        long elements = whole.shape().withoutDim(0).elements();
        return whole.reshape(n.size(), elements);
    }

    private static List<Expr> shaped(Batching n, List<Expr> results) {
        List<Expr> shaped = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            shaped.add(n.shaped(results.get(i), i));
        }
        return shaped;
    }

    /** A reduction of {@code self} along the dimensions of {@code dim}, where none named means all. */
    static BatchRule reducing() {
        return reducing(call -> Dims.all(call, "dim", call.type("self").rank()));
    }

    /** @param reduced the dimensions that a call reduces */
    static BatchRule reducing(Function<Call, long[]> reduced) {
        return n -> {
            long[] dims = reduced.apply(n.call());
            Expr self = dims.length == 0 ? n.self().unsqueeze(-1) : n.self();
            long[] shifted = dims.length == 0 ? new long[] {self.rank() - 1} : shifted(dims);
            return shaped(n, n.again(Map.of("self", self, "dim", shifted)));
        };
    }

    /** Dimensions of {@code self} in a list. */
    static BatchRule listing(String dims) {
        return n -> n.again(Map.of(dims, shifted(Dims.listed(n.call(), dims, n.rank("self")))));
    }

    /** An operator of all elements, by the one that does the same along a dimension. */
    static BatchRule flattening(String alongDim) {
        return n -> List.of(flat(n, n.self()).call(alongDim, 1));
    }

    static long[] shifted(long[] dims) {
        return LongStream.of(dims).map(dim -> dim + 1).toArray();
    }

    /** The transpose of a part: the dimensions are those of the tensor of sizes {@code input_sizes}. */
    static BatchRule intoZeros(String... dims) {
        return n -> {
            Map<String, Object> changed = each(n);
            long[] sizes = n.ints("input_sizes");
            for (String dim : dims) {
                changed.put(dim, 1 + n.dim(dim, sizes.length));
            }
            changed.put("input_sizes", n.withBatch(Shape.of(sizes)));
            return n.again(changed);
        };
    }

    /**
     * An operator over {@code spatial} last dimensions with channels before them, and at most one batch dimension before
     * those: all leading dimensions become that one.
     *
     * @param sizes parameters that hold the shape of an operand, whose first entry is that dimension
     */
    static BatchRule folded(int spatial, String... sizes) {
        return n -> {
            Map<String, Object> changed = each(n);
            changed.replaceAll((_, whole) -> folded((Expr) whole, spatial + 1));
            for (String parameter : sizes) {
                long[] dims = n.ints(parameter);
                dims[0] = Math.multiplyExact(dims[0], n.size());
                changed.put(parameter, dims);
            }
            return shaped(n, n.again(changed));
        };
    }

    private static Expr folded(Expr whole, int kept) {
        int leading = whole.rank() - kept;
        long[] dims = new long[kept + 1];
        dims[0] = 1;
        for (int i = 0; i < whole.rank(); i++) {
            if (i < leading) {
                dims[0] = Math.multiplyExact(dims[0], whole.size(i));
            } else {
                dims[1 + i - leading] = whole.size(i);
            }
        }
        return whole.reshape(dims);
    }
}
