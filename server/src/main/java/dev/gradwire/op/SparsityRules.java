package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Parameter;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How the first result of a node depends on the elements of its operands. */
final class SparsityRules {
    private final Sparsity sets;
    private final Node node;
    private final Call call;
    private final Shape result;

    SparsityRules(Sparsity sets, Node node) {
        this.sets = sets;
        this.node = node;
        this.call = node.call();
        this.result = node.result().type().shape();
    }

    /** Integers that a node makes without any data of the run, for those who use them as indices. */
    static Optional<Tensor> constant(Node node, Map<Value, Tensor> known) {
        Call call = node.call();
        TensorSource source = new TensorSource(known);
        boolean integers = node.results().size() == 1 && node.result().type().dtype() == DType.INT64;
        return integers ? Optional.ofNullable(source.of(call, node.result())) : Optional.empty();
    }

    private record TensorSource(Map<Value, Tensor> known) {
        @Nullable
        Tensor of(Call call, Value result) {
            Shape shape = result.type().shape();
            if (call.op().canonical().name().equals("arange")) {
                double start = call.number("start");
                double step = call.number("step");
                double[] numbers = new double[(int) shape.elements()];
                Arrays.setAll(numbers, i -> start + i * step);
                return Tensor.of(DType.INT64, shape, numbers);
            }
            boolean moves = call.op().canonical().indexOf("self") >= 0 && call.arg("self") instanceof Value;
            Tensor self = moves ? known.get((Value) call.arg("self")) : null;
            if (self == null || self.type().dtype() != DType.INT64) {
                return null;
            }
            int[] places = Places.of(call, shape);
            if (places == null) {
                return null;
            }
            double[] numbers = new double[places.length];
            Arrays.setAll(numbers, i -> self.getLong(places[i]));
            return Tensor.of(DType.INT64, shape, numbers);
        }
    }

    /** Null for an operator that is not known here. */
    int @Nullable [][] apply() {
        Declaration declaration = ((Declaration.Overload) node.op()).declaration();
        if (declaration.computeDtype(call).isPresent()) {
            return elementwise();
        }
        String name = node.op().canonical().key();
        return switch (name) {
            case "detach" -> new int[elements()][0];
            case "sum.dim_IntList", "mean.dim", "amax", "amin", "logsumexp" ->
                reduced(Dims.all(call, "dim", rank("self")), "self");
            case "prod.dim_int", "max.dim", "min.dim", "median.dim", "nanmedian.dim", "kthvalue", "mode" ->
                reduced(new long[] {Dims.normalize(call, "dim", rank("self"))}, "self");
            case "prod", "max", "min", "median", "nanmedian" -> reduced(Dims.all(rank("self")), "self");
            case "cumsum", "cumprod", "logcumsumexp", "cummax", "cummin" -> prefixes();
            case "_softmax", "_log_softmax", "sort", "sort.stable" -> rows("self");
            case "_softmax_backward_data", "_log_softmax_backward_data" -> rows("grad_output", "output");
            case "topk" -> null;
            case "mm" -> product(sets.of(value("self")), sets.of(value("mat2")), 1);
            case "bmm" ->
                product(
                        sets.of(value("self")),
                        sets.of(value("mat2")),
                        call.shape("self").dim(0));
            case "mv" -> product(sets.of(value("self")), sets.of(value("vec")), 1);
            case "cat", "stack" -> joined(name.equals("stack"));
            case "constant_pad_nd" -> padded();
            case "gather" -> gathered();
            case "index_select" -> selected();
            case "index.Tensor" -> indexed();
            case "index_put" -> put();
            case "tril", "triu" -> sets.of(value("self"));
            default -> moved();
        };
    }

    private Value value(String parameter) {
        return (Value) call.arg(parameter);
    }

    private int rank(String parameter) {
        return call.type(parameter).rank();
    }

    private int elements() {
        return (int) result.elements();
    }

    private int[][] elementwise() {
        int[][] joined = new int[elements()][0];
        Declaration declaration = ((Declaration.Overload) node.op()).declaration();
        for (Parameter parameter : node.op().canonical().parameters()) {
            boolean operand = declaration.isPromoted(parameter.name())
                    && call.arg(parameter.name()) instanceof Value value
                    && sets.depends(value);
            if (operand) {
                add(joined, Places.broadcast(call.shape(parameter.name()), result), sets.of(value(parameter.name())));
            }
        }
        return joined;
    }

    private void add(int[][] joined, int[] places, int[][] more) {
        for (int i = 0; i < joined.length; i++) {
            joined[i] = sets.union(joined[i], more[places[i]]);
        }
    }

    /** Operators that move elements, and those that put them into zeros. */
    private int @Nullable [][] moved() {
        if (node.op().canonical().indexOf("self") >= 0 && call.arg("self") instanceof Value self) {
            int[] places = Places.of(call, result);
            if (places != null) {
                int[][] from = sets.of(self);
                int[][] moved = new int[places.length][];
                Arrays.setAll(moved, i -> from[places[i]]);
                return moved;
            }
        }
        int[] places = Places.inZeros(call);
        return places == null
                ? null
                : scattered(places, sets.of((Value) node.args().getFirst()));
    }

    private int[][] scattered(int[] places, int[][] from) {
        int[][] placed = new int[elements()][0];
        for (int i = 0; i < places.length; i++) {
            placed[places[i]] = sets.union(placed[places[i]], from[i]);
        }
        return placed;
    }

    private int[][] reduced(long[] dims, String operand) {
        Shape shape = call.shape(operand);
        Shape kept = Dims.reduce(shape, dims, true);
        int[] places = Places.broadcast(kept, shape);
        List<List<int[]>> groups = groups(elements());
        int[][] from = sets.of(value(operand));
        for (int i = 0; i < from.length; i++) {
            groups.get(places[i]).add(from[i]);
        }
        return unions(groups);
    }

    private static List<List<int[]>> groups(int count) {
        List<List<int[]>> groups = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            groups.add(new ArrayList<>());
        }
        return groups;
    }

    private int[][] unions(List<List<int[]>> groups) {
        return groups.stream().map(sets::union).toArray(int[][]::new);
    }

    /** Each element depends on all that share its row along {@code dim}. */
    private int[][] rows(String... operands) {
        Shape kept = Dims.reduce(result, new long[] {Dims.normalize(call, "dim", result.rank())}, true);
        int[] row = Places.broadcast(kept, result);
        List<List<int[]>> groups = groups((int) kept.elements());
        for (String operand : operands) {
            int[][] from = sets.of(value(operand));
            for (int i = 0; i < from.length; i++) {
                groups.get(row[i]).add(from[i]);
            }
        }
        int[][] unions = unions(groups);
        int[][] each = new int[elements()][];
        Arrays.setAll(each, i -> unions[row[i]]);
        return each;
    }

    private int[][] prefixes() {
        int[][] each = sets.of(value("self")).clone();
        if (result.rank() > 0) {
            int dim = Dims.normalize(call, "dim", result.rank());
            int stride = (int) result.contiguousStrides()[dim];
            for (int i = 0; i < each.length; i++) {
                if (i / stride % result.dim(dim) > 0) {
                    each[i] = sets.union(each[i - stride], each[i]);
                }
            }
        }
        return each;
    }

    /** For each batch, what a row of the first factor depends on and what a column of the second does. */
    private int[][] product(int[][] first, int[][] second, long batches) {
        if (result.elements() == 0) {
            return new int[0][];
        }
        int columns = rank("self") - result.rank() == 1 ? 1 : (int) result.dim(result.rank() - 1);
        int rows = (int) (result.elements() / columns / batches);
        int inner = first.length / rows / (int) batches;
        int[][] each = new int[elements()][];
        for (int batch = 0; batch < batches; batch++) {
            int[][] ofColumns = new int[columns][];
            for (int column = 0; column < columns; column++) {
                List<int[]> parts = new ArrayList<>();
                for (int k = 0; k < inner; k++) {
                    parts.add(second[(batch * inner + k) * columns + column]);
                }
                ofColumns[column] = sets.union(parts);
            }
            for (int row = 0; row < rows; row++) {
                int start = (batch * rows + row) * inner;
                int[] ofRow = sets.union(Arrays.asList(first).subList(start, start + inner));
                for (int column = 0; column < columns; column++) {
                    each[(batch * rows + row) * columns + column] = sets.union(ofRow, ofColumns[column]);
                }
            }
        }
        return each;
    }

    private int[][] joined(boolean stacked) {
        int dim = Dims.normalize(call, "dim", result.rank());
        int[][] each = new int[elements()][0];
        long start = 0;
        for (Argument item : call.items("tensors")) {
            Value part = (Value) item;
            boolean empty = part.type().shape().equals(Shape.of(0));
            if (!empty || result.rank() == 1) {
                Shape shape = stacked
                        ? part.type().shape().insertDim(dim, 1)
                        : part.type().shape();
                int[][] from = sets.of(part);
                int[] places = within(shape, dim, start);
                for (int i = 0; i < from.length; i++) {
                    each[places[i]] = from[i];
                }
                start += shape.dim(dim);
            }
        }
        return each;
    }

    /** The places in the result of a part that begins at {@code start} of a dimension. */
    private int[] within(Shape part, int dim, long start) {
        long[] strides = result.contiguousStrides();
        return Places.of(new Layout(part.dims(), strides, start * strides[dim]));
    }

    private int @Nullable [][] padded() {
        long[] pad = call.ints("pad");
        if (Arrays.stream(pad).anyMatch(width -> width < 0)) {
            return null;
        }
        long[] strides = result.contiguousStrides();
        long offset = 0;
        for (int i = 0; i < pad.length; i += 2) {
            offset += pad[i] * strides[result.rank() - 1 - i / 2];
        }
        return scattered(Places.of(new Layout(call.shape("self").dims(), strides, offset)), sets.of(value("self")));
    }

    // Indices

    private @Nullable Tensor integers(String parameter) {
        return call.arg(parameter) instanceof Value index ? sets.constant(index) : null;
    }

    private int[][] gathered() {
        Shape self = call.shape("self");
        Tensor index = integers("index");
        int[][] from = sets.of(value("self"));
        int[][] each = new int[elements()][];
        int dim = Dims.normalize(call, "dim", Math.max(self.rank(), 1));
        if (self.rank() == 0) {
            Arrays.fill(each, from[0]);
            return each;
        }
        long[] strides = self.contiguousStrides();
        long[] own = strides.clone();
        own[dim] = 0;
        int[] base = Places.of(new Layout(result.dims(), own, 0));
        for (int i = 0; i < each.length; i++) {
            each[i] = index != null && inside(index.getLong(i), self.dim(dim))
                    ? from[base[i] + (int) (index.getLong(i) * strides[dim])]
                    : alongDim(from, base[i], strides[dim], self.dim(dim));
        }
        return each;
    }

    private static boolean inside(long index, long size) {
        return index >= 0 && index < size;
    }

    private int[] alongDim(int[][] from, int base, long stride, long size) {
        List<int[]> all = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            all.add(from[base + (int) (i * stride)]);
        }
        return sets.union(all);
    }

    private int @Nullable [][] selected() {
        Shape self = call.shape("self");
        Tensor index = integers("index");
        if (index == null || self.rank() == 0) {
            return null;
        }
        int dim = Dims.normalize(call, "dim", self.rank());
        return taken(self, List.of(dim), List.of(index), sets.of(value("self")));
    }

    private int @Nullable [][] indexed() {
        List<Tensor> indices = new ArrayList<>();
        List<Integer> dims = new ArrayList<>();
        return constants(indices, dims) ? taken(call.shape("self"), dims, indices, sets.of(value("self"))) : null;
    }

    /** Whether all indices are known, and stand together, where the result has their dimensions. */
    private boolean constants(List<Tensor> indices, List<Integer> dims) {
        List<Argument> items = call.items("indices");
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) instanceof Value index) {
                Tensor tensor = sets.constant(index);
                boolean apart = !dims.isEmpty() && dims.getLast() != i - 1;
                if (tensor == null || apart) {
                    return false;
                }
                indices.add(tensor);
                dims.add(i);
            }
        }
        return true;
    }

    private int @Nullable [][] taken(Shape self, List<Integer> dims, List<Tensor> indices, int[][] from) {
        int[] places = places(self, dims, indices);
        if (places == null) {
            return null;
        }
        int[][] each = new int[places.length][];
        Arrays.setAll(each, i -> from[places[i]]);
        return each;
    }

    /** The places in {@code self} that indices along neighbouring dimensions name, or null where one is out of range. */
    private static int @Nullable [] places(Shape self, List<Integer> dims, List<Tensor> indices) {
        Shape joint = Shape.SCALAR;
        for (Tensor index : indices) {
            joint = Shape.broadcast(joint, index.type().shape()).orElseThrow();
        }
        long[] strides = self.contiguousStrides();
        long[] chosen = new long[(int) joint.elements()];
        for (int k = 0; k < indices.size(); k++) {
            int[] places = Places.broadcast(indices.get(k).type().shape(), joint);
            long size = self.dim(dims.get(k));
            for (int i = 0; i < chosen.length; i++) {
                long index = indices.get(k).getLong(places[i]);
                index = index < 0 ? index + size : index;
                if (!inside(index, size)) {
                    return null;
                }
                chosen[i] += index * strides[dims.get(k)];
            }
        }
        int first = dims.getFirst();
        int last = dims.getLast();
        long before = 1;
        for (int i = 0; i < first; i++) {
            before *= self.dim(i);
        }
        long behind = strides[last];
        long outer = first == 0 ? 0 : strides[first - 1];
        int[] all = new int[(int) (before * chosen.length * behind)];
        int next = 0;
        for (long b = 0; b < before; b++) {
            for (long place : chosen) {
                for (long i = 0; i < behind; i++) {
                    all[next++] = (int) (b * outer + place + i);
                }
            }
        }
        return all;
    }

    private int @Nullable [][] put() {
        List<Tensor> indices = new ArrayList<>();
        List<Integer> dims = new ArrayList<>();
        boolean mask = call.types("indices").stream().anyMatch(type -> type.dtype() == DType.BOOL);
        if (mask || !constants(indices, dims)) {
            return null;
        }
        int[] places = places(call.shape("self"), dims, indices);
        if (places == null) {
            return null;
        }
        int[][] each = sets.of(value("self")).clone();
        int[][] values = sets.of(value("values"));
        int[] from = Places.broadcast(call.shape("values"), Indices.indexed(call));
        if (!call.bool("accumulate")) {
            Arrays.stream(places).forEach(place -> each[place] = new int[0]);
        }
        for (int i = 0; i < places.length; i++) {
            each[places[i]] = sets.union(each[places[i]], values[from[i]]);
        }
        return each;
    }
}
