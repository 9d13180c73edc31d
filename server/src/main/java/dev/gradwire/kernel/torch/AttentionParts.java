package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The calls of {@link AttentionKernels} from products and softmax, for devices whose library lacks those kernels. */
final class AttentionParts implements Body {
    private final TorchBackend backend;
    private final Arguments in;
    private final boolean forward;
    private final int query;
    private final int numbers;
    private final DType dtype;

    /** @param in checked as {@link AttentionKernels} does */
    AttentionParts(TorchBackend backend, Arguments in, boolean forward) {
        this.backend = backend;
        this.in = in;
        this.forward = forward;
        query = forward ? 0 : 1;
        numbers = forward ? 3 : 6;
        dtype = in.type(query).dtype();
    }

    @Override
    public TorchTensor[] run(TorchTensor[] operands) {
        List<TorchTensor> made = new ArrayList<>();
        List<TorchTensor> results = new ArrayList<>();
        try {
            TorchTensor q = operands[in.operand(query)];
            TorchTensor k = operands[in.operand(query + 1)];
            TorchTensor v = operands[in.operand(query + 2)];
            TorchTensor scores = scores(made, operands, q, k);
            TorchTensor p =
                    keep(made, "_softmax", List.of(scores), op(0), new Argument.Int(-1), new Argument.Bool(false));
            if (forward) {
                results.add(call("matmul", List.of(p, v), op(0), op(1)));
                results.add(call(
                        "logsumexp",
                        List.of(scores),
                        op(0),
                        new Argument.Ints(List.of(-1L)),
                        new Argument.Bool(false)));
            } else {
                TorchTensor g = operands[in.operand(0)];
                TorchTensor toWeights = keep(made, "matmul", List.of(g, transposed(made, v)), op(0), op(1));
                TorchTensor unscaled = keep(
                        made,
                        "_softmax_backward_data",
                        List.of(toWeights, p),
                        op(0),
                        op(1),
                        new Argument.Int(-1),
                        new Argument.Dtype(dtype));
                TorchTensor toScores = scaled(made, unscaled);
                results.add(call("matmul", List.of(toScores, k), op(0), op(1)));
                results.add(call("matmul", List.of(transposed(made, toScores), q), op(0), op(1)));
                results.add(call("matmul", List.of(transposed(made, p), g), op(0), op(1)));
            }
            return results.toArray(TorchTensor[]::new);
        } catch (RuntimeException e) {
            results.forEach(TorchTensor::close);
            throw e;
        } finally {
            made.forEach(TorchTensor::close);
        }
    }

    private TorchTensor scores(List<TorchTensor> made, TorchTensor[] operands, TorchTensor q, TorchTensor k) {
        TorchTensor scores = scaled(made, keep(made, "matmul", List.of(q, transposed(made, k)), op(0), op(1)));
        @Nullable Argument mask = in.get(numbers + 2);
        if (mask instanceof Argument.Operand operand) {
            return sum(made, scores, operands[operand.index()]);
        }
        if (!in.bool(numbers + 1)) {
            return scores;
        }
        TensorType square =
                in.type(query).withShape(scores.layout().shape().withoutDim(0).withoutDim(0));
        Body full = backend.body(new KernelCall(
                "full",
                List.of(
                        new Argument.Ints(
                                Arrays.stream(square.shape().dims()).boxed().toList()),
                        new Argument.Scalar(Double.NEGATIVE_INFINITY),
                        new Argument.Optional(new Argument.Dtype(dtype)),
                        new Argument.Optional(null),
                        new Argument.Optional(null),
                        new Argument.Optional(null)),
                List.of(),
                List.of(square)));
        TorchTensor far = full.run(new TorchTensor[0])[0];
        made.add(far);
        return sum(made, scores, keep(made, "triu", List.of(far), op(0), new Argument.Int(1)));
    }

    private TorchTensor sum(List<TorchTensor> made, TorchTensor a, TorchTensor b) {
        return keep(made, "add.Tensor", List.of(a, b), op(0), op(1), new Argument.Scalar(1L));
    }

    private TorchTensor scaled(List<TorchTensor> made, TorchTensor tensor) {
        long size = in.shape(query).dim(3);
        double scale = in.get(numbers + 3) == null ? 1 / Math.sqrt((double) size) : in.real(numbers + 3);
        return keep(made, "mul.Scalar", List.of(tensor), op(0), new Argument.Scalar(scale));
    }

    private TorchTensor transposed(List<TorchTensor> made, TorchTensor tensor) {
        return keep(made, "transpose.int", List.of(tensor), op(0), new Argument.Int(2), new Argument.Int(3));
    }

    private static Argument op(int index) {
        return new Argument.Operand(index);
    }

    private TorchTensor keep(List<TorchTensor> made, String name, List<TorchTensor> operands, Argument... arguments) {
        TorchTensor result = call(name, operands, arguments);
        made.add(result);
        return result;
    }

    private TorchTensor call(String name, List<TorchTensor> operands, Argument... arguments) {
        List<TensorType> types = operands.stream()
                .map(operand -> new TensorType(dtype, operand.layout().shape()))
                .toList();
        return backend.body(new KernelCall(name, List.of(arguments), types, List.of()))
                .run(operands.toArray(TorchTensor[]::new))[0];
    }
}
