tonic::include_proto!("muster.v1");
