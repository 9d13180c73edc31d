package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Rows and columns of the elements of a matrix's triangles. */
final class TriangleIndices {
    private static final String PARAMETERS = "(int row, int col, int offset=0, *, ScalarType? dtype=None,"
            + " Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor";

    private TriangleIndices() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("tril_indices" + PARAMETERS)
                        .doc("[2, k]: rows and columns of the elements on and below diagonal offset")
                        .types(one(call -> type(call, lower(call, call.integer("offset")))))
                        .kernel("tril_indices", TriangleIndices::arguments),
                operator("triu_indices" + PARAMETERS)
                        .doc("[2, k]: rows and columns of the elements on and above diagonal offset")
                        .types(one(call -> {
                            long all = Math.multiplyExact(size(call, "row"), size(call, "col"));
                            return type(call, all - lower(call, Math.subtractExact(call.integer("offset"), 1)));
                        }))
                        .kernel("triu_indices", TriangleIndices::arguments));
    }

    private static TensorType type(Call call, long elements) {
        DType dtype = call.dtype("dtype", DType.INT64);
        Require.that(
                dtype == DType.INT64 || dtype == DType.INT32,
                "dtype",
                "must be int64 or int32, but is " + dtype.label());
        return TensorType.of(dtype, 2, elements);
    }

    private static List<Argument> arguments(Call call) {
        return List.of(
                call.arg("row"),
                call.arg("col"),
                call.arg("offset"),
                new Argument.Dtype(call.dtype("dtype", DType.INT64)),
                Argument.NONE,
                Argument.NONE,
                Argument.NONE);
    }

    private static long size(Call call, String parameter) {
        long size = call.integer(parameter);
        Require.that(size >= 0, parameter, "must not be negative, but is " + size);
        return size;
    }

    /** How many elements lie on and below a diagonal: a trapezoid of rows that grow by one, then full rows. */
    private static long lower(Call call, long offset) {
        long rows = size(call, "row");
        long columns = size(call, "col");
        if (rows == 0 || columns == 0) {
            return 0;
        }
        long reach = Math.addExact(rows, offset);
        long first = offset >= 0 ? Math.min(columns, Math.addExact(offset, 1)) : reach > 0 ? 1 : 0;
        long last = Math.clamp(reach, 0, columns);
        long used = Math.clamp(reach, 0, rows);
        long growing = last - first + 1;
        long trapezoid = Math.multiplyExact(first + last, growing) / 2;
        return Math.addExact(trapezoid, Math.multiplyExact(Math.max(used - growing, 0), columns));
    }
}
