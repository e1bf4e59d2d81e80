"""The schemas that a pack carries must be, all together, those of a version of this project.

A pack is checked against the schemas that it brings, and what it must hold follows from them: emptied or loosened ones,
or some left out, would let anything pass.
"""

from __future__ import annotations

import hashlib

from hetero2.pack.verification.problems import Problems

FOLDER, ENDING = "workflow/schemas/", ".schema.json"
# Of every version, in the order of time; `make docs` adds the present one.
KNOWN_SETS = (
    "f61d62e00fe7af2b9716e841edaf5856bdb45bba4a39f3b0051eb7d2f50ddc8d",
    "f4746a1cfa90bf8bc9973d9f8799b6b0ce0e034be5bb4fda73b979eb9b79a89b",
    "ea484b4f77f1d553f6fba168335c6876f3572c8c1596beef0482ca09e90a28a6",
    "b64f280de223ab5bc6a534d7cab4d96872e058c00c5864b237032a04e7c7fd33",
    "39616cb85585f54ba72edaa9295187a94f17383326f82aa72054607bcac92b81",
    "a4bc920db73e49eaa106dc56f3a376869cc5ab65450d09d289a2ebbfb20703d1",
    "9c3fd565b0c3b9305dce49e81464beb2ceb83b260170c30f4066e1651b56fa9f",
    "53a99ae74b5eeebf4fe64504cd1748762870510ecbb9020501d48e9c03ebb05c",
    "0ded35e9809f5fdb0bfabce6440c0e145079402d0c199bb58b5fc4cfe436a119",
    "83e9c0fcd9c139b1d042b3d4c6b82ac938442bf74e3173780af24f4eb0f031b2",
    "38bf0b748f2ddd839f37367f8a95583055acb721f8eb36d2f877d762e61b25e2",
    "90c8b7a241e925d28d87be15197048f57a541bfddceed0c32c8469b9ae7c1c46",
    "a5788ee8d2273712832b1190c98db75cdb9499970a3ca1c4cd551b37d17ab217",
    "8590cceb0f7465a8c9bfc3af5a441768440fad2be27e01518e916d6d2a9429d9",
    "1f7ace42320062059d6029213e28400151cef9c563097bce48a234a05f26ba3f",
    "45bc5c579120e72533159fee1fa51bb084601fb15987a2ff8d6a295a46e4419a",
    "d058730d825bd9f237bc092ec74db12016769aab992547d0534058abb546c7c9",
    "5baf3c8eae70b4271c3f6bf604de2b3ce288685e50090376265e8760794414fd",
    "64e49e25d0819dc82b28ef2c63492ec9d3fa0d53981d3688b28d0d77d80e6ced",
    "fd76f0111656dc00558b34905a40e48b14ab83be624ba8671515480aa5d210a9",
    "f627352465a231d0a0892c83f0f008654ead112167c98114351000c27bf96081",
    "84fc86881f09dead4fbb8e35e9759c354ce998c1d802b3b91a795b840df5551c",
    "a9bb257b1cb520ef7a4af8c3b63c4ab639885654fae8275bc99988d4c7bd0c69",
    "f195954cda40dd2123fcc8e83b95b2e8dd707707e961fcc184cacb18ee9a2252",
    "e394028077ecf4ebdbb8800ecf036a47ff284f30379eac350891f24194a65e3f",
    "4e224d86a24a2adee88d62e59256f3fa598de847001ed33fecc964302ca02a3a",
    "6f322fdf36cb1ca88b827448330d98a3b6dba6e4b988f10c92c25cb190eb0099",
    "e229eb174b228fd86d50189e652ac1d2af1f54f19dc104bc4f061e228117d2cf",
    "5d343acc9bfd21375058cec86a650ce41a786e2985e94cf2edc1a2b280f12ce1",
    "918cce6eb473e9ac7fc8abb117611a43f3f74d9c4be373f3e43d6059d41223eb",
    "6dbbbed21d15e5f4ba7fa1946747c1cf0c5d3a4918e13bff09306e308679fe21",
    "91ed2b7c226a3bc564fd4b90c5ad6dc8e7dd1088c07cfef0929e4215b5340c20",
    "7093353a975556b44109b5fbe5d3caff9c6c9a299fde24b9c15acb36622a65c5",
    "ccb4aa64aae1d82383a61718bde946a53f5f762c9489bbfcd9cb8b2b8dadfe75",
    "584d070a2f10484e35417b3ecd304170e670d47544205dc87b144cecabf78b5b",
    "8a653ae45843bd763055c2f86203d7b33a47b3ce61f39c012964f3e109b7e92c",
    "485478d7b364c258d075263dce54e5f246f7d6529598c00e09a2ba4c016511c0",
    "f91bed158948e331c9e9b3b18d246a55f52b56ab48d87188ff840ba357cc6bdc",
    "a76ac0a14dab5c9dea96f99e2fff2acfb1b30ff3a3055110c6eb5b4622f9c441",
    "78640b946bb0644bbfce0e0586b87c570fd3af18a898d808fedbfe0e24406113",
    "58262fcaec7b9549f20d29f651b7ee03f2b380e9f8ffcb3f79b731c24162f3ac",
    "ab395b2e433c9720cda68df7d537759bf1fb325500b1d125e248e500f50f41d8",
    "cc750e6c67dc131c8a6ff99c798ee7a84dd6b8ac2906b76edcc97dd7a26090ee",
    "40d6bf6ee46e588dd2d775f6ad7c2a7d354b5a61ceb90b518f00742e1445e293",
    "a3eb2e6db901a66752abe249b7d102c71892d653e2a303a6f0f7f5effa6d6b8d",
    "1239fbde6253c64b2421a81437d4d9a4da1c761dda197bcd0486b62e81105c9d",
    "04e9db010a62520061f1fc6449d927c2b8541c7cb4070b2e3566bee9c064ad52",
    "4d09400b705e870ac93d79722435b56d4d3143a6f3f32f48d8ada99ffcdd67ec",
)


def schema_set(digests: dict[str, str]) -> str:
    """The digest of a set of schemas: the sorted lines '<sha256>  <path>' of those among the files of a pack."""
    lines = sorted(f"{sha}  {path}\n" for path, sha in digests.items() if path.startswith(FOLDER))
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def check_schema_set(digests: dict[str, str], problems: Problems) -> None:
    """Whether the schemas are those of one version."""
    present = schema_set(digests)
    if present not in KNOWN_SETS:
        problems.add(
            f"{FOLDER[:-1]}: together they are those of no known version (digest {present}): one was changed, "
            "added or removed; or the pack is newer than this program: verify it with that of its version"
        )
