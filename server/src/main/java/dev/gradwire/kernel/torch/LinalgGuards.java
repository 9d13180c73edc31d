package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Dense linear algebra on values that LAPACK cannot do with: matrices that have no such factors become errors that say
 * which of the batch it was, which the library has no text for; pivots that name no row are refused.
 */
final class LinalgGuards {
    private final TorchBackend backend;
    private final Arguments in;

    private LinalgGuards(TorchBackend backend, Arguments in) {
        this.backend = backend;
        this.in = in;
    }

    /** Null when the kernel needs no such care. */
    static @Nullable Body find(TorchBackend backend, Arguments in) {
        return new LinalgGuards(backend, in).find();
    }

    private @Nullable Body find() {
        String name = in.name();
        return switch (name) {
            case "linalg_cholesky_ex" -> checked(2, "is not positive definite: its leading minor of order %d is not");
            case "linalg_inv_ex" -> checked(1, "is singular: pivot %d is zero");
            case "linalg_solve_ex", "_linalg_solve_ex" -> checked(3, "is singular: pivot %d is zero");
            case "linalg_lu_factor_ex" -> {
                requirePivoting(1);
                yield checked(2, "is singular: pivot %d is zero");
            }
            case "linalg_lu" -> {
                requirePivoting(1);
                yield null;
            }
            case "linalg_ldl_factor_ex" -> checked(2, "is singular: block %d of D is zero");
            case "linalg_lu_solve" -> rows();
            case "lu_unpack" -> rows();
            case "linalg_ldl_solve" -> blocks();
            case "linalg_lstsq" -> finite(0, null, finite(1, null, residuals()));
            case "_linalg_svd", "linalg_svd", "linalg_eig", "linalg_pinv.atol_rtol_tensor" ->
                finite(0, null, new DispatcherKernel(backend, in));
            case "_linalg_eigh", "linalg_eigh" -> finite(0, triangle(), new DispatcherKernel(backend, in));
            case "_functional_assert_async.msg" -> allTrue();
            default -> null;
        };
    }

    private void requirePivoting(int argument) {
        if (!in.bool(argument) && backend.deviceType() == LibTorch.CPU) {
            throw new KernelException(in.name() + ": there is no factorisation without pivots on the CPU");
        }
    }

    /** Runs the kernel without its own check and looks at {@code info}, its last result. Null when not asked to. */
    private @Nullable Body checked(int flag, String otherwise) {
        if (!in.bool(flag)) {
            return null;
        }
        List<Argument> arguments = new ArrayList<>(in.call().arguments());
        arguments.set(flag, new Argument.Bool(false));
        KernelCall call = in.call();
        Body body = new DispatcherKernel(
                backend,
                new Arguments(new KernelCall(call.name(), arguments, call.operands(), call.results()), in.schema()));
        return operands -> {
            TorchTensor[] results = body.run(operands);
            try {
                check(integers(results[results.length - 1]), otherwise);
            } catch (KernelException e) {
                Arrays.stream(results).forEach(TorchTensor::close);
                throw e;
            }
            return results;
        };
    }

    private void check(long[] info, String otherwise) {
        for (int i = 0; i < info.length; i++) {
            if (info[i] != 0) {
                String which = info.length == 1 ? "the matrix " : "matrix " + i + " of the batch ";
                String what = info[i] > 0 ? otherwise.formatted(info[i]) : "is refused by the library";
                throw new KernelException(operator() + ": " + which + what);
            }
        }
    }

    /** The name that is known: clients ask for checks by the operators without {@code _ex}. */
    private String operator() {
        String name = in.name().startsWith("_") ? in.name().substring(1) : in.name();
        return name.substring(0, name.length() - "_ex".length());
    }

    /** Pivots that count from 1 and name the row with which a row was exchanged. */
    private Body rows() {
        Shape shape = in.shape(0);
        long count = shape.rank() < 2 ? 0 : shape.dim(shape.rank() - 2);
        int operand = in.operand(1);
        Body body = new DispatcherKernel(backend, in);
        return operands -> {
            for (long pivot : integers(operands[operand])) {
                if (pivot < 1 || pivot > count) {
                    throw new KernelException(in.name() + ": pivot " + pivot + " names none of " + count + " rows");
                }
            }
            return body.run(operands);
        };
    }

    /**
     * Pivots of an LDL factorisation count from 1; two negative ones in a row stand for a 2×2 block. Anything else
     * makes LAPACK swap rows that are not there.
     */
    private Body blocks() {
        int operand = in.operand(1);
        Shape shape = in.shape(1);
        int n = shape.rank() == 0 ? 1 : Math.toIntExact(Math.max(1, shape.dim(shape.rank() - 1)));
        Body body = new DispatcherKernel(backend, in);
        return operands -> {
            long[] pivots = integers(operands[operand]);
            for (int i = 0; i < pivots.length; i++) {
                boolean block = pivots[i] < 0;
                boolean fits = pivots[i] != 0 && Math.abs(pivots[i]) <= n;
                if (block) {
                    fits &= i % n + 1 < n && pivots[i + 1] < 0 && pivots[i + 1] >= -n;
                    i++;
                }
                if (!fits) {
                    throw new KernelException("linalg_ldl_solve: these pivots belong to no factorisation");
                }
            }
            return body.run(operands);
        };
    }

    /** The library leaves the residuals out where it finds a matrix without full rank; here they are NaN then. */
    private Body residuals() {
        Body body = new DispatcherKernel(backend, in);
        if (in.call().results().size() < 2) {
            return body;
        }
        TensorType expected = in.call().results().get(1);
        return operands -> {
            TorchTensor[] results = body.run(operands);
            if (!results[1].layout().shape().equals(expected.shape())) {
                results[1].close();
                double[] missing = new double[Math.toIntExact(expected.shape().elements())];
                Arrays.fill(missing, Double.NaN);
                results[1] = backend.upload(Tensor.of(expected.dtype(), expected.shape(), missing));
            }
            return results;
        };
    }

    /** The library's own has no text. */
    private Body allTrue() {
        int condition = in.operand(0);
        int token = in.operand(2);
        TensorType type = in.type(0);
        String text = ((Argument.Text) in.call().arguments().get(1)).value();
        return operands -> {
            byte[] bools = new byte[Math.toIntExact(type.shape().elements())];
            backend.download(operands[condition], type, MemorySegment.ofArray(bools));
            for (int i = 0; i < bools.length; i++) {
                if (bools[i] == 0) {
                    String which = bools.length == 1 ? "the matrix" : "matrix " + i + " of the batch";
                    throw new KernelException(text + ": " + which + " is singular, or not positive definite");
                }
            }
            return new TorchTensor[] {backend.share(operands[token])};
        };
    }

    /**
     * LAPACK's iterations need not end for matrices with infinities: an SVD of 20 × 20 ran for minutes.
     *
     * @param cut what cuts out the part that the kernel reads, null for all
     */
    private Body finite(int argument, @Nullable Body cut, Body body) {
        int operand = in.operand(argument);
        TensorType type = in.type(argument);
        Body isFinite = call("isfinite", type, new Argument.Operand(0));
        Body all = call("all", type.withDtype(DType.BOOL), new Argument.Operand(0));
        return operands -> {
            TorchTensor[] matrices = {operands[operand]};
            TorchTensor[] read = cut == null ? matrices : cut.run(matrices);
            try (TorchTensor elements = isFinite.run(read)[0];
                    TorchTensor verdict = all.run(new TorchTensor[] {elements})[0]) {
                byte[] finite = new byte[1];
                backend.download(verdict, TensorType.of(DType.BOOL), MemorySegment.ofArray(finite));
                if (finite[0] == 0) {
                    throw new KernelException(in.name() + ": a matrix with infinities or NaN has no decomposition");
                }
            } finally {
                if (cut != null) {
                    read[0].close();
                }
            }
            return body.run(operands);
        };
    }

    /** Of a Hermitian matrix only one triangle is read. */
    private Body triangle() {
        boolean upper = in.get(1) instanceof Argument.Text text && text.value().equalsIgnoreCase("U");
        return call(upper ? "triu" : "tril", in.type(0), new Argument.Operand(0), new Argument.Int(0));
    }

    private Body call(String name, TensorType operand, Argument... arguments) {
        return backend.body(new KernelCall(name, List.of(arguments), List.of(operand), List.of()));
    }

    private long[] integers(TorchTensor tensor) {
        return ValueGuards.integers(backend, in.name(), tensor);
    }
}
