package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Layouts;
import dev.gradwire.tensor.Shape;
import org.jspecify.annotations.Nullable;

/**
 * The layout that a value would have in PyTorch's eager execution, where it decides whether {@code reshape} is a view
 * or a copy, and so which grad_fn it has. It decides nothing else here. Followed through views; what other operators
 * make counts as contiguous.
 */
final class EagerLayout {
    /** Views of views beyond this are taken for contiguous. */
    private static final int MAX_DEPTH = 64;

    /** A view in PyTorch, a copy here. */
    private static final String CONJ = "_conj";

    private EagerLayout() {}

    static Layout of(Expr tensor) {
        return tensor.argument() instanceof Value value
                ? of(value, tensor.builder(), MAX_DEPTH)
                : Layout.contiguous(tensor.shape());
    }

    /** Whether PyTorch would have marked the tensor as conjugate, to be computed later: {@code conj} and views of it. */
    static boolean isConjugated(Expr tensor) {
        boolean conjugated = false;
        Argument argument = tensor.argument();
        for (int depth = 0; depth < MAX_DEPTH && argument instanceof Value value; depth++) {
            Node node = tensor.builder().producer(value);
            if (node == null || !isView(node)) {
                return conjugated;
            }
            conjugated ^= node.op().schema().name().equals(CONJ);
            argument = node.args().getFirst();
        }
        return conjugated;
    }

    private static boolean isView(Node node) {
        String name = node.op().schema().name();
        boolean view = ((Declaration.Overload) node.op()).declaration().isView() && !name.endsWith("_copy");
        return view || name.equals(CONJ);
    }

    private static Layout of(Value value, GraphBuilder builder, int depth) {
        Node node = builder.producer(value);
        if (node != null && isColumnMajor(node, value)) {
            return Layouts.transpose(Layout.contiguous(value.type().shape()), -2, -1);
        }
        if (node == null || depth == 0 || !isView(node) || !(node.args().getFirst() instanceof Value viewed)) {
            return Layout.contiguous(value.type().shape());
        }
        Layout layout = view(node, node.results().indexOf(value), of(viewed, builder, depth - 1));
        return layout != null && layout.shape().equals(value.type().shape())
                ? layout
                : Layout.contiguous(value.type().shape());
    }

    /** LAPACK's order, in which PyTorch leaves the inverse. */
    private static boolean isColumnMajor(Node node, Value value) {
        return node.op().schema().name().equals("linalg_inv_ex")
                && node.results().getFirst().equals(value);
    }

    private static @Nullable Layout view(Node node, int result, Layout in) {
        Call call = node.call();
        Shape shape = node.results().get(result).type().shape();
        return switch (call.op().canonical().name()) {
            case "view", "_unsafe_view", "_reshape_alias" -> Layouts.view(in, shape);
            case "alias", "detach", CONJ -> in;
            case "expand" -> Layouts.expand(in, shape.dims());
            case "permute" -> Layouts.permute(in, call.ints("dims"));
            case "transpose", "transpose_" -> Layouts.transpose(in, call.integer("dim0"), call.integer("dim1"));
            case "t", "t_" -> in.rank() == 2 ? Layouts.transpose(in, 0, 1) : in;
            case "unsqueeze", "unsqueeze_" -> Layouts.unsqueeze(in, call.integer("dim"));
            case "squeeze", "squeeze_" -> Layouts.squeeze(in, squeezed(call, in.rank()));
            case "select" -> Layouts.select(in, call.integer("dim"), call.integer("index"));
            case "slice" -> {
                Parts.Range range = Parts.range(call, in.shape());
                yield Layouts.slice(in, range.dim(), range.start(), range.end(), range.step());
            }
            case "diagonal" -> Layouts.diagonal(in, call.integer("offset"), call.integer("dim1"), call.integer("dim2"));
            case "unfold" -> Layouts.unfold(in, call.integer("dimension"), call.integer("size"), call.integer("step"));
            // Of several parts, all have the strides of the first.
            case "split", "split_with_sizes" -> {
                int dim = Dims.existing(call, "dim", in.shape());
                yield Layouts.slice(in, dim, 0L, shape.dim(dim), 1);
            }
            case "unbind" -> Layouts.select(in, call.integer("dim"), 0);
            default -> null;
        };
    }

    private static long[] squeezed(Call call, int rank) {
        boolean every = call.op().canonical().indexOf("dim") < 0;
        return every ? Dims.all(rank) : Dims.listed(call, "dim", rank);
    }
}
