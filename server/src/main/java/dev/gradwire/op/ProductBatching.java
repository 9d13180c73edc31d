package dev.gradwire.op;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Batching rules of products of matrices and vectors. */
final class ProductBatching {
    private ProductBatching() {}

    static List<Expr> mm(Batching n) {
        return List.of(product(n, "self", "mat2"));
    }

    /** One product of larger matrices where one factor is the same for all. */
    private static Expr product(Batching n, String first, String second) {
        Expr a = n.arg(first);
        Expr b = n.arg(second);
        if (!n.isBatched(second)) {
            return a.reshape(n.size() * a.size(1), a.size(2)).mm(b).reshape(n.size(), a.size(1), b.size(1));
        }
        if (!n.isBatched(first)) {
            Expr rows = b.permute(1, 0, 2).reshape(b.size(1), n.size() * b.size(2));
            return a.mm(rows).reshape(a.size(0), n.size(), b.size(2)).permute(1, 0, 2);
        }
        return a.bmm(b);
    }

    static List<Expr> bmm(Batching n) {
        Expr a = n.each("self");
        Expr b = n.each("mat2");
        Expr joined = a.reshape(n.size() * a.size(1), a.size(2), a.size(3))
                .bmm(b.reshape(n.size() * b.size(1), b.size(2), b.size(3)));
        return List.of(n.shaped(joined, 0));
    }

    static List<Expr> mv(Batching n) {
        Expr matrix = n.self();
        Expr vector = n.arg("vec");
        if (!n.isBatched("vec")) {
            Expr rows = matrix.reshape(n.size() * matrix.size(1), matrix.size(2));
            return List.of(n.shaped(rows.call("mv", vector), 0));
        }
        if (!n.isBatched("self")) {
            return List.of(vector.mm(matrix.transpose(0, 1)));
        }
        return List.of(matrix.bmm(vector.unsqueeze(2)).squeeze(2));
    }

    static List<Expr> dot(Batching n, String other) {
        Expr conjugated =
                n.call().op().schema().name().equals("vdot") ? n.each("self").conj() : n.each("self");
        Expr products = conjugated.unsqueeze(1).bmm(n.each(other).unsqueeze(2));
        return List.of(n.shaped(products, 0));
    }

    static List<Expr> trilinear(Batching n) {
        Map<String, Object> changed = Batch.each(n);
        for (String dims : List.of("expand1", "expand2", "expand3", "sumdim")) {
            int rank = n.rank("i1") + n.ints("expand1").length;
            changed.put(dims, Batch.shifted(Dims.listed(n.call(), dims, rank)));
        }
        changed.put("unroll_dim", n.integer("unroll_dim") + 1);
        return n.again(changed);
    }

    static List<Expr> cross(Batching n) {
        int rank = n.rank("self");
        Map<String, Object> changed = new HashMap<>();
        changed.put("self", n.each("self"));
        changed.put("other", n.each("other"));
        changed.put("dim", 1 + n.dim("dim", rank));
        return n.again(changed);
    }
}
